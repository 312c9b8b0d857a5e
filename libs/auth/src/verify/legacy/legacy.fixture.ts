// Spec support: two old issuers, one with a secret and one with a key pair, and their tokens.
import { type LegacyIssuerOptions } from '../../options/legacy-options.js';
import { resolveOptions } from '../../options/resolve-options.js';
import {
  type AccessTokenSettings,
  forge,
  goodClaims,
  makeBench,
  makeKey,
  NOW,
} from '../tokens/forge.fixture.js';

export const resolveLegacy = (legacy: readonly LegacyIssuerOptions[]) =>
  resolveOptions(
    { issuer: 'https://issuer.example', audience: 'api', keys: {}, accessToken: { legacy } },
    false,
  ).accessToken.legacy;
export const OLD_SECRET = 'the old secret of the shop, 32 bytes and more';
export const UNTIL = (NOW + 7 * 86_400) * 1000;
export const ownKey = makeKey('RS256');
export const oldRsa = makeKey('RS256');
export const SHOP: LegacyIssuerOptions = {
  name: 'shop',
  algorithm: 'HS256',
  key: OLD_SECRET,
  acceptUntil: new Date(UNTIL),
};
export const ADMIN: LegacyIssuerOptions = {
  name: 'admin.2024',
  issuer: 'https://old.example',
  audience: ['old-api', 'old-admin'],
  keyId: 'k1',
  algorithm: 'RS256',
  key: oldRsa.publicKey,
  acceptUntil: new Date(UNTIL).toISOString(),
  maxLifetime: '7d',
  principal: ({ userId, roles }) =>
    typeof userId === 'string' ? { id: userId, role: (roles as string[])[0] } : undefined,
};
export const bench = (
  legacy: readonly LegacyIssuerOptions[] = [SHOP, ADMIN],
  settings: AccessTokenSettings = {},
) =>
  makeBench(
    { privateKey: ownKey.privateKey, keyId: 'main' },
    { legacy: resolveLegacy(legacy), ...settings },
  );

export const CLAIMS = { sub: 42, iat: NOW, exp: NOW + 86_400 };
export const old = (
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key = OLD_SECRET,
) => forge({ alg: 'HS256', typ: 'JWT', ...header }, { ...CLAIMS, ...claims }, key, 'HS256');
export const ADMIN_CLAIMS = {
  userId: 'u-7',
  roles: ['editor'],
  iss: 'https://old.example',
  aud: 'old-api',
  iat: NOW,
  exp: NOW + 7 * 86_400,
};
export const oldAdmin = (
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
) =>
  forge(
    { alg: 'RS256', typ: 'JWT', kid: 'k1', ...header },
    { ...ADMIN_CLAIMS, ...claims },
    oldRsa.privateKey,
    'RS256',
  );
/** A token of Tokenward itself. */
export const own = (header: Record<string, unknown> = {}) =>
  forge(
    { alg: 'RS256', kid: 'main', typ: 'at+jwt', ...header },
    goodClaims(),
    ownKey.privateKey,
    'RS256',
  );

export const pem = oldRsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
