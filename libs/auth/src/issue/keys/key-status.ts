import { AuthError } from '../../common/auth-error.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';
import type { KeyPhase, PhasedKey } from './key-phases.js';

/** What a key is doing, for metrics and health; no material. */
export interface KeyStatus {
  readonly keyId: string;
  readonly algorithm: string;
  readonly phase: KeyPhase;
  /** Undefined when nobody told when it was made. */
  readonly ageMs?: number;
  readonly signsFrom?: Date;
  readonly verifiesUntil?: Date;
}

export interface KeyChange {
  readonly keyId: string;
  readonly phase: KeyPhase | 'gone';
}

/** Milliseconds; undefined when nobody told when it was made. */
export function age({ createdAtMs }: KnownKey, now: number): number | undefined {
  return createdAtMs === undefined ? undefined : Math.max(0, now - createdAtMs);
}

/** Half of a rotation, or a file that was cut short, must not take the signing key away. */
export function assertWhole(
  name: string,
  keys: readonly KnownKey[],
  isRevoked: (kid: string) => boolean,
): void {
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    throw AuthError.configuration(name, 'two keys have the same kid: give each its own');
  const signers = keys.filter(({ kid, signing }) => signing && !isRevoked(kid));
  if (new Set(signers.map(({ signsFromMs }) => signsFromMs)).size !== signers.length)
    throw AuthError.configuration(name, 'two keys sign from the same instant: give each its own "nbf"');
  if (signers.length === 0)
    throw AuthError.configuration(
      name,
      'holds no key that may sign: make one with `tokenward keys generate`',
    );
}

/** Every change of phase, in no order that matters. */
export function differences(before: readonly PhasedKey[], after: readonly PhasedKey[]): KeyChange[] {
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
