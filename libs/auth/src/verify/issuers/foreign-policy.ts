import { createHash } from 'node:crypto';
import type { Actor, Principal } from '../../common/principal.js';
import type { ResolvedTrustedIssuer } from '../../options/issuer-options.js';
import { foreignName, foreignVersion } from '../../storage/foreign-names.js';
import { marked } from '../revocable.js';
import { checkCustomClaims } from '../tokens/custom-claims.js';
import type { CompactJws } from '../tokens/jws.js';
import type { JsonObject } from '../tokens/strict-json.js';
import {
  ACCESS_TOKEN_TYPES,
  checkTimes,
  type HeaderCheck,
  isText,
  own,
  type Refusal,
  refused,
  REFUSED_MEMBERS,
} from '../tokens/verification-policy.js';
import { namesAudience, readByHook, wholeSeconds } from '../tokens/foreign-claims.js';
import type { Verification } from '../tokens/verified-token-cache.js';

type ParsedJws = Extract<CompactJws, { kind: 'parsed' }>;
export type ForeignRules = Pick<
  ResolvedTrustedIssuer,
  'issuer' | 'audiences' | 'audienceClaim' | 'maxLifetimeSeconds' | 'principal'
> & { readonly clockToleranceSeconds: number };

/**
 * Claims that only ID tokens and logout tokens have (OpenID Connect Core, section 3.3.2.11;
 * Back-Channel Logout, section 2.4), never access tokens.
 */
const NEVER_HERE = ['at_hash', 'c_hash', 's_hash', 'events'];
const UNSAID = 'jwt';

/**
 * Checks a header of another issuer. `typ` may be `JWT` or absent, so the kind of the token is
 * decided by its claims.
 */
export function checkForeignHeader(header: JsonObject): HeaderCheck {
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header, name))) return refused('header_refused');
  const typ = own(header, 'typ') ?? UNSAID;
  if (typeof typ !== 'string' || (typ.toLowerCase() !== UNSAID && !saysAccessToken(typ)))
    return refused('type_refused');
  const [kid, alg] = [own(header, 'kid'), own(header, 'alg')];
  if (typeof kid !== 'string') return refused('header_refused');
  if (typeof alg !== 'string') return refused('algorithm_mismatch');
  return { kind: 'accepted', kid, alg };
}

const saysAccessToken = (typ: string): boolean => ACCESS_TOKEN_TYPES.has(typ.toLowerCase());

/**
 * The checks of the claims of another issuer's token (RFC 9068, section 4; RFC 8725, section 3.12). Its signature was
 * checked before.
 */
export function checkForeignClaims(
  { header, payload, signed }: ParsedJws,
  kid: string,
  rules: ForeignRules,
  nowMs: number,
): Verification {
  const wrongKind = kindProblem(header, payload);
  if (wrongKind) return wrongKind;
  const { issuer } = rules;
  if (own(payload, 'iss') !== issuer) return refused('issuer_mismatch');
  if (!namesAudience(own(payload, rules.audienceClaim), rules.audiences))
    return refused('audience_mismatch');
  const [sub, jti, sid] = [own(payload, 'sub'), own(payload, 'jti'), own(payload, 'sid')];
  const iat = wholeSeconds(own(payload, 'iat'), Math.floor);
  const exp = wholeSeconds(own(payload, 'exp'), Math.floor);
  const nbf = wholeSeconds(own(payload, 'nbf') ?? own(payload, 'iat'), Math.ceil);
  if (!isText(sub) || iat === undefined || exp === undefined || nbf === undefined)
    return refused('claims_malformed');
  if (jti !== undefined && !isText(jti)) return refused('claims_malformed');
  const actor = own(payload, 'act') === undefined ? undefined : actorIn(own(payload, 'act'));
  if (actor === 'malformed') return refused('claims_malformed');
  if (exp <= iat || exp - iat > rules.maxLifetimeSeconds) return refused('lifetime_refused');
  const untimely = checkTimes({ iat, nbf, exp }, rules, nowMs, 'enforced');
  if (untimely) return untimely;
  const custom = checkCustomClaims({ ...payload });
  if (custom.kind === 'refused') return refused('custom_claims_refused');
  const who = readByHook(rules.principal, custom.claims);
  if (!who) return refused('claims_malformed');
  const names = namesOf(issuer, { kid, sid, jti, signed });
  const principal = marked(
    {
      kind: 'user',
      issuer,
      id: who.id,
      ...names,
      tokenVersion: 0,
      ...(who.role !== undefined && { role: who.role }),
      permissions: Object.freeze([...(who.permissions ?? [])]),
      ...(actor && { actor }),
      issuedAt: iat,
      expiresAt: exp,
      claims: custom.claims,
    },
    { subject: foreignName('subject', issuer, sub), tokenVersion: foreignVersion(iat) },
  );
  return { kind: 'accepted', verified: { principal, exp, nbf, iat } };
}

/** The names by which the token can be revoked here. A token without `jti` is named by its own bytes. */
function namesOf(
  issuer: string,
  given: {
    readonly kid: string;
    readonly sid: unknown;
    readonly jti: string | undefined;
    readonly signed: Buffer;
  },
): Pick<Principal, 'sessionId' | 'tokenId' | 'keyId'> {
  const { kid, sid, jti, signed } = given;
  const tokenId =
    jti === undefined
      ? foreignName('unnamed', issuer, createHash('sha256').update(signed).digest('base64url'))
      : foreignName('token', issuer, jti);
  return {
    sessionId: isText(sid) ? foreignName('session', issuer, sid) : tokenId,
    tokenId,
    keyId: foreignName('key', issuer, kid),
  };
}

/** RFC 8693, section 4.1: in a chain of actors the outermost one is the current actor. */
function actorIn(act: unknown): Actor | 'malformed' {
  const { sub } = (act ?? {}) as { readonly sub?: unknown };
  return isText(sub) ? { id: sub } : 'malformed';
}

/**
 * Why these are not the claims of an access token. Keycloak tells the kind in the claim `typ`, Cognito in `token_use`.
 * `nonce` belongs to ID tokens, but older Keycloaks put it into access tokens, too. A token bound to a key (`cnf`) is
 * refused: no proof of its key is checked here.
 */
function kindProblem(header: JsonObject, payload: JsonObject): Refusal | undefined {
  if (NEVER_HERE.some((name) => Object.hasOwn(payload, name))) return refused('type_refused');
  const [headerTyp, typ, use] = [
    own(header, 'typ'),
    own(payload, 'typ'),
    own(payload, 'token_use'),
  ];
  if (typ !== undefined && typ !== 'Bearer') return refused('type_refused');
  if (use !== undefined && use !== 'access') return refused('type_refused');
  const says = typ !== undefined || use !== undefined || saysAccessToken(String(headerTyp));
  if (Object.hasOwn(payload, 'nonce') && !says) return refused('type_refused');
  return Object.hasOwn(payload, 'cnf') ? refused('key_proof_missing') : undefined;
}
