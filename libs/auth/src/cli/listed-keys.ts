import { drizzleKeySource } from '../drizzle/drizzle-key-source.store.js';
import { phasesAt } from '../keys/key-phases.js';
import type { KeySource, SourceJwk } from '../keys/key-source.store.js';
import { readSourceKeys } from '../keys/source-keys.js';
import type { CliDatabase } from './database.js';
import { type Environment, UsageError } from './io.js';

export interface ListedKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly phase: 'next' | 'active' | 'retired' | 'verifying' | 'revoked' | 'gone';
  readonly createdAt?: string;
  readonly signsFrom?: string;
  readonly verifiesUntil?: string;
}

/** Whatever TTL and tolerance the processes are configured with: 1 h and twice 5 min are the most. */
export const RETAIN_MS = 75 * 60_000;

export function databaseKeys(db: CliDatabase, environment: Environment): KeySource {
  const encryptionKeys = environment['KEY_ENCRYPTION_KEYS']?.split(',').map((each) => each.trim());
  if (!encryptionKeys?.[0])
    throw new UsageError(
      'KEY_ENCRYPTION_KEYS is not set: it opens the keys in Postgres (for files give --dir DIR)',
    );
  return drizzleKeySource(db, { encryptionKeys, deadline: '15s' });
}

/** The phases as a process sees them that was started now. */
export function listed(jwks: readonly SourceJwk[], leadTimeMs: number): ListedKey[] {
  const hmac = jwks.some(({ kty, revoked }) => kty === 'oct' && revoked === undefined);
  const { keys } = readSourceKeys('keys', { keys: jwks }, hmac ? 'HS256' : 'RS256');
  const rules = {
    leadTimeMs,
    retainMs: RETAIN_MS,
    firstSeen: new Map<string, number>(),
    isRevoked: () => false,
  };
  const phases = new Map(phasesAt(keys, Date.now(), rules).keys.map((each) => [each.key.kid, each]));
  return jwks.map((jwk) => {
    const phased = phases.get(String(jwk.kid));
    return {
      kid: String(jwk.kid),
      algorithm: String(jwk.alg),
      phase: jwk.revoked === undefined ? (phased?.phase ?? 'gone') : 'revoked',
      createdAt: jwk.iat === undefined ? undefined : iso(jwk.iat * 1000),
      signsFrom: phased?.signsFromMs === undefined ? undefined : iso(phased.signsFromMs),
      verifiesUntil: phased?.verifiesUntilMs === undefined ? undefined : iso(phased.verifiesUntilMs),
    };
  });
}

function iso(millis: number): string {
  return new Date(millis).toISOString();
}
