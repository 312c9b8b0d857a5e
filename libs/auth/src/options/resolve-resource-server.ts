import { type z } from 'zod';
import { group } from '../common/option-schema.js';
import { audienceSchema } from './audience-schema.js';
import { accessTokenSchema, authSchema, originSchema, revocationSchema } from './auth-schema.js';
import { cookieSchema } from './cookie-options.js';
import { discoverySchema } from './discovery-options.js';
import { trustedIssuersSchema } from './issuer-options.js';
import { remoteJwksSchema } from './remote-jwks-options.js';
import { resolveChecked } from './resolve-options.js';
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
  trustedIssuers: trustedIssuersSchema.prefault([]),
  discovery: discoverySchema.pick({ resource: true }).prefault({}),
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
