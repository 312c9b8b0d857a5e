import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { SIGNING_ALGORITHMS } from '../options/key-options.js';
import type { OidcLogout, OidcLogoutAnswer } from '../options/oidc-options.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Public keys only: the key of an HMAC would be the client secret. */
const ALGORITHMS: readonly string[] = [
  ...SIGNING_ALGORITHMS.filter((each) => !each.startsWith('HS')),
  'EdDSA',
  'Ed25519',
];
/** The `typ` of a logout token (RFC 8725, section 3.11); some providers leave it out. */
const TYPES = /^(?:application\/)?(?:logout\+jwt|jwt)$/i;
const MAX_CHARACTERS = 8192;

const text = z.string().min(1).max(255);
const claimsSchema = z
  .looseObject({
    jti: text,
    iat: z.number(),
    sub: text.optional(),
    sid: text.optional(),
    events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  })
  .refine((claims) => claims.sub !== undefined || claims.sid !== undefined)
  .refine((claims) => !('nonce' in claims));

/** The metadata of a provider by which its logout tokens are checked. */
export interface LogoutTokenIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly jwksUri: string;
  /** Default RS256. */
  readonly algorithms?: readonly string[];
  readonly timeoutMs: number;
}

/** Checks logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6), but not whether one was used before. */
export function logoutTokens(of: LogoutTokenIssuer): (token: string) => Promise<OidcLogoutAnswer> {
  const keys = createRemoteJWKSet(new URL(of.jwksUri), { timeoutDuration: of.timeoutMs });
  const algorithms = (of.algorithms ?? ['RS256']).filter((each) => ALGORITHMS.includes(each));
  return async (token) => {
    if (token.length > MAX_CHARACTERS) return refused('too long');
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: of.issuer,
      audience: of.clientId,
      algorithms,
      maxTokenAge: '10m',
      clockTolerance: 30,
    });
    if (protectedHeader.typ !== undefined && !TYPES.test(protectedHeader.typ))
      return refused('typ');
    const read = claimsSchema.safeParse(payload);
    if (!read.success) return refused('claims');
    const { jti: id, iat: issuedAtSeconds, sub: issuerSubject, sid } = read.data;
    const logout: OidcLogout = { issuer: of.issuer, id, issuedAtSeconds, issuerSubject, sid };
    return { kind: 'logout', logout };
  };
}

function refused(detail: string): OidcLogoutAnswer {
  return { kind: 'refused', detail };
}
