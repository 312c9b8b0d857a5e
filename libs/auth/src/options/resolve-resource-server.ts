import { type z } from 'zod';
import { duration, group, hook, list, oneOf, text } from '../common/option-schema.js';
import {
  accessTokenSchema,
  audienceSchema,
  authSchema,
  originSchema,
  revocationSchema,
} from './auth-schema.js';
import { cookieSchema } from './cookie-options.js';
import { SIGNING_ALGORITHMS } from './key-options.js';
import { resolveChecked } from './resolve-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';
import type { JwksFetch, ResolvedRemoteJwks } from './resource-server-options.js';

const SHARED =
  'is a shared secret: a service that verifies with it can sign with it; have the issuer sign with RS, PS or ES';

export const remoteJwksSchema = group({
  url: text("the URL of the issuer's JWKS, https://…/.well-known/jwks.json")
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      error: "must be a URL: the issuer's https://…/.well-known/jwks.json",
      abort: true,
    })
    .transform((url) => new URL(url))
    .refine(
      ({ username, password }) => !username && !password,
      'holds credentials: a JWKS is public, leave them out',
    ),
  algorithms: list(oneOf(SIGNING_ALGORITHMS))
    .refine(({ length }) => length > 0, 'is empty: name at least one')
    .refine((given) => !given.some((each) => each.startsWith('HS')), SHARED)
    .prefault(SIGNING_ALGORITHMS.filter((each) => !each.startsWith('HS'))),
  refreshEvery: duration('1s', '1d').prefault('5m'),
  coolDown: duration('100ms', '1h').prefault('30s'),
  deadline: duration('50ms', '60s').prefault('2s'),
  keepFor: duration('1m', '7d').prefault('24h'),
  fetch: hook<JwksFetch>().optional(),
});

/** `ResourceServerOptions` */
export const resourceServerSchema = group({
  issuer: authSchema.shape.issuer,
  audience: audienceSchema,
  jwks: remoteJwksSchema,
  accessToken: accessTokenSchema
    .pick({ clockTolerance: true, claimsSchema: true, cacheSize: true, encryption: true })
    .prefault({}),
  cookies: cookieSchema.prefault({}),
  origins: originSchema.prefault({}),
  revocation: revocationSchema.prefault({}),
});

/** The options of a whole `AuthModule` whose other members are as they are unless set. */
export function resolveResourceServer({
  jwks: _jwks,
  ...given
}: z.output<typeof resourceServerSchema>): ResolvedAuthOptions {
  const { issuer, audience } = given;
  const unset = authSchema.parse({ issuer, audience, keys: {} });
  return resolveChecked(
    { ...unset, ...given, accessToken: { ...unset.accessToken, ...given.accessToken } },
    false,
  );
}

export function resolveRemoteJwks(given: z.output<typeof remoteJwksSchema>): ResolvedRemoteJwks {
  return {
    url: given.url,
    algorithms: new Set(given.algorithms),
    refreshEveryMs: given.refreshEvery,
    coolDownMs: given.coolDown,
    deadlineMs: given.deadline,
    keepForMs: given.keepFor,
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
  };
}
