import { type z } from 'zod';
import { group, oneOf } from '../common/option-schema.js';
import { audienceSchema } from './audience-schema.js';
import { accessTokenSchema, authSchema, originSchema, revocationSchema } from './auth-schema.js';
import { dpopOrigin } from './dpop-options.js';
import { cookieSchema } from './cookie-options.js';
import { discoverySchema } from './discovery-options.js';
import { trustedIssuersSchema } from './issuer-options.js';
import { remoteJwksSchema } from './remote-jwks-options.js';
import { resolveChecked } from './resolve-options.js';
import { tenantsSchema } from './tenant-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';

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
  tenants: tenantsSchema.optional(),
  trustedIssuers: trustedIssuersSchema.prefault([]),
  discovery: discoverySchema.pick({ resource: true }).prefault({}),
  dpop: group({
    origin: dpopOrigin.optional(),
    withoutRedis: oneOf(['refuse', 'nonce']).prefault('refuse'),
  }).prefault({}),
});

/** The options of a whole `AuthModule`, with the defaults for everything that a verify-only service does not set. */
export function resolveResourceServer({
  jwks: _jwks,
  dpop,
  ...given
}: z.output<typeof resourceServerSchema>): ResolvedAuthOptions {
  const { issuer, audience } = given;
  const unset = authSchema.parse({ issuer, audience, keys: {} });
  const resolved = resolveChecked(
    { ...unset, ...given, accessToken: { ...unset.accessToken, ...given.accessToken } },
    false,
  );
  // a token's `cnf` says whether it is bound
  return { ...resolved, dpop: { mode: 'offer', bind: 'request', ...dpop } };
}
