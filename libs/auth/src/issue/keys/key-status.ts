import { AuthError } from '../../common/auth-error.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';
import type { KeyPhase, PhasedKey } from './key-phases.js';

/** The state of a key, for metrics and health; contains no key material. */
export interface KeyStatus {
  readonly keyId: string;
  readonly algorithm: string;
  readonly phase: KeyPhase;
  /** Undefined if its creation time is unknown. */
  readonly ageMs?: number;
  readonly signsFrom?: Date;
  readonly verifiesUntil?: Date;
}

export interface KeyChange {
  readonly keyId: string;
  readonly phase: KeyPhase | 'gone';
}

/** Milliseconds; undefined if the creation time is unknown. */
export function age({ createdAtMs }: KnownKey, now: number): number | undefined {
  return createdAtMs === undefined ? undefined : Math.max(0, now - createdAtMs);
}

/** An incomplete read (half of a rotation, a truncated file) must not remove the signing key. */
export function assertWhole(
  name: string,
  keys: readonly KnownKey[],
  isRevoked: (kid: string) => boolean,
): void {
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    throw AuthError.configuration(name, 'two keys have the same kid: give each its own');
  const signers = keys.filter(({ kid, signing }) => signing && !isRevoked(kid));
  if (new Set(signers.map(({ signsFromMs }) => signsFromMs)).size !== signers.length)
    throw AuthError.configuration(
      name,
      'two keys sign from the same instant: give each its own "nbf"',
    );
  if (signers.length === 0)
    throw AuthError.configuration(
      name,
      'holds no key that may sign: make one with `tokenward keys generate`',
    );
}

/** All changes of phase; their order has no meaning. */
export function differences(
  before: readonly PhasedKey[],
  after: readonly PhasedKey[],
): KeyChange[] {
  const was = new Map(before.map(({ key, phase }) => [key.kid, { key, phase }]));
  const changed = after.filter(
    ({ key, phase }) => was.get(key.kid)?.phase !== phase || was.get(key.kid)?.key !== key,
  );
  const gone = before.filter(({ key }) => !after.some((each) => each.key.kid === key.kid));
  return [
    ...changed.map(({ key, phase }) => ({ keyId: key.kid, phase })),
    ...gone.map(({ key }) => ({ keyId: key.kid, phase: 'gone' as const })),
  ];
}
