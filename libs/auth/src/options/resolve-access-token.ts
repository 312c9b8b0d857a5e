import { AuthError } from '../common/auth-error.js';
import { parseDuration } from '../common/duration.js';
import { ENCRYPTION_ALGORITHMS, type EncryptionOptions } from './encryption-options.js';
import { SIGNING_ALGORITHMS } from './key-options.js';
import type { LegacyIssuerOptions, ResolvedLegacyIssuer } from './legacy-options.js';
import type { ResolvedEncryption } from './resolved-options.js';

const MAX_LEGACY_LIFETIME_MS = 90 * 86_400_000;
const MAX_ENTRIES = 16;

export function resolveEncryption(given: EncryptionOptions | undefined): ResolvedEncryption | undefined {
  if (given === undefined) return undefined;
  const option = 'accessToken.encryption';
  if (!Array.isArray(given.keys) || given.keys.length === 0 || given.keys.length > MAX_ENTRIES)
    throw AuthError.configuration(`${option}.keys`, 'must hold 1 to 16 keys: the first encrypts');
  for (const [index, { algorithm = 'dir' }] of given.keys.entries())
    if (!ENCRYPTION_ALGORITHMS.includes(algorithm))
      throw AuthError.configuration(
        `${option}.keys[${String(index)}].algorithm`,
        `must be one of ${ENCRYPTION_ALGORITHMS.join(', ')}`,
      );
  if (new Set(given.keys.map(({ keyId }) => keyId)).size !== given.keys.length)
    throw AuthError.configuration(`${option}.keys`, 'two keys have the same keyId: give each its own');
  const plaintext = given.plaintext ?? 'refused';
  if (!['issued', 'accepted', 'refused'].includes(plaintext))
    throw AuthError.configuration(`${option}.plaintext`, 'must be one of issued, accepted, refused');
  return { plaintext, keys: given.keys.map((key) => ({ ...key, algorithm: key.algorithm ?? 'dir' })) };
}

export function resolveLegacy(
  given: readonly LegacyIssuerOptions[] | undefined,
): readonly ResolvedLegacyIssuer[] {
  const entries = given ?? [];
  if (!Array.isArray(entries) || entries.length > MAX_ENTRIES)
    throw AuthError.configuration('accessToken.legacy', 'must be a list of at most 16 issuers');
  if (new Set(entries.map(({ name }) => name)).size !== entries.length)
    throw AuthError.configuration('accessToken.legacy', 'two entries have the same name: give each its own');
  return entries.map(legacyIssuer);
}

function legacyIssuer(given: LegacyIssuerOptions, index: number): ResolvedLegacyIssuer {
  const option = `accessToken.legacy[${String(index)}]`;
  const refuse = (name: string, problem: string): never => {
    throw AuthError.configuration(`${option}.${name}`, problem);
  };
  const { name, issuer, keyId, algorithm, key, principal } = given;
  if (typeof name !== 'string' || !/^[A-Za-z0-9.-]{1,64}$/.test(name))
    refuse('name', 'must be 1 to 64 letters, digits, dots or dashes');
  if (!SIGNING_ALGORITHMS.includes(algorithm))
    refuse('algorithm', `must be one of ${SIGNING_ALGORITHMS.join(', ')}`);
  for (const [member, value] of Object.entries({ issuer, keyId }))
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      refuse(member, 'is empty: leave it out when the old tokens have none');
  const audiences = typeof given.audience === 'string' ? [given.audience] : given.audience;
  if (audiences !== undefined && (audiences.length === 0 || audiences.includes('')))
    refuse('audience', 'is empty: leave it out when the old tokens have none');
  const acceptUntilMs = new Date(given.acceptUntil).getTime();
  if (given.acceptUntil === undefined || Number.isNaN(acceptUntilMs))
    refuse('acceptUntil', 'is no date: write it as ISO 8601, 2026-12-31T00:00:00Z');
  const maxLifetimeMs = parseDuration(given.maxLifetime ?? '1d') ?? 0;
  if (maxLifetimeMs < 1000 || maxLifetimeMs > MAX_LEGACY_LIFETIME_MS)
    refuse('maxLifetime', 'must be a duration from 1s to 90d');
  const maxLifetimeSeconds = Math.floor(maxLifetimeMs / 1000);
  return { name, issuer, keyId, algorithm, key, principal, audiences, acceptUntilMs, maxLifetimeSeconds };
}
