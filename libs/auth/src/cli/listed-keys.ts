import { phasesAt } from '../issue/keys/key-phases.js';
import type { SourceJwk } from '../storage/key-source.port.js';
import { readSourceKeys } from '../verify/keys/source-keys.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import { algorithmOf } from './arguments.js';
import { CommandError } from './io.js';

export interface ListedKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly phase: 'next' | 'active' | 'retired' | 'verifying' | 'revoked' | 'gone';
  readonly createdAt?: string;
  readonly signsFrom?: string;
  readonly verifiesUntil?: string;
}

/** Enough for every TTL and tolerance that processes can be configured with: at most 1 h and twice 5 min. */
export const RETAIN_MS = 75 * 60_000;

/** The phases as seen by a process that starts now. */
export function listed(jwks: readonly SourceJwk[], leadTimeMs: number, nowMs: number): ListedKey[] {
  const hmac = jwks.some(({ kty, revoked }) => kty === 'oct' && revoked === undefined);
  const { keys, revoked } = readSourceKeys('keys', { keys: jwks }, hmac ? 'HS256' : 'RS256');
  const rules = {
    leadTimeMs,
    retainMs: RETAIN_MS,
    firstSeen: new Map<string, number>(),
    isRevoked: (kid: string) => revoked.includes(kid),
  };
  const phases = new Map(phasesAt(keys, nowMs, rules).keys.map((each) => [each.key.kid, each]));
  // a revoked key in PEM or in a set has a mark beside it: only the mark is listed
  const told = jwks.filter(
    (jwk) => jwk.revoked !== undefined || !revoked.includes(String(jwk.kid)),
  );
  return told.map((jwk) => {
    const phased = phases.get(String(jwk.kid));
    return {
      kid: String(jwk.kid),
      algorithm: String(jwk.alg),
      phase: jwk.revoked === undefined ? (phased?.phase ?? 'gone') : 'revoked',
      createdAt: jwk.iat === undefined ? undefined : iso(jwk.iat * 1000),
      signsFrom: phased?.signsFromMs === undefined ? undefined : iso(phased.signsFromMs),
      verifiesUntil:
        phased?.verifiesUntilMs === undefined ? undefined : iso(phased.verifiesUntilMs),
    };
  });
}

/** @throws CommandError if a next key exists already, or if no key can have a successor */
export function nextAlgorithm(
  before: readonly ListedKey[],
  asked: SigningAlgorithm | undefined,
): SigningAlgorithm {
  const next = before.find(({ phase }) => phase === 'next');
  if (next)
    throw new CommandError(
      `the next key is there already and signs from ${next.signsFrom ?? 'soon'}: rotate again after that`,
    );
  const active = before.find(({ phase }) => phase === 'active');
  if (!active) throw new CommandError('there is no key to rotate: tokenward keys generate');
  return asked ?? algorithmOf(active.algorithm);
}

function iso(millis: number): string {
  return new Date(millis).toISOString();
}
