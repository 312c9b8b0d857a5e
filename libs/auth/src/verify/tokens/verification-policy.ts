import { ACCESS_TOKEN_TYPE } from '../../contract/index.js';
import {
  type AccessTokenClaims,
  MAX_LIFETIME_SECONDS,
  PENDING_TOKEN_TYPE,
} from './access-claims.js';
import type { JsonObject } from './strict-json.js';

/** Why a token is refused. Private: the caller always gets the same 401. */
export type RefusalReason =
  | 'oversized'
  | 'malformed'
  | 'header_refused'
  | 'type_refused'
  | 'key_unknown'
  | 'algorithm_mismatch'
  | 'signature_mismatch'
  | 'claims_malformed'
  | 'issuer_mismatch'
  | 'audience_mismatch'
  | 'key_bound'
  | 'key_due'
  | 'lifetime_refused'
  | 'not_yet_valid'
  | 'expired'
  | 'custom_claims_refused'
  | 'not_encrypted'
  | 'decryption_failed'
  | 'key_proof_missing';

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
}

/** Rules from the configuration; the token cannot influence them. */
export interface VerificationRules {
  readonly issuer: string;
  /** Our other issuers, each with its tenant. Default none. */
  readonly tenants?: ReadonlyMap<string, string>;
  readonly audiences: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** `ignored` is only for logout: a token that has expired still names its session. */
export type ExpiryRule = 'enforced' | 'ignored';

export type HeaderCheck =
  | {
      readonly kind: 'accepted';
      readonly kid: string;
      readonly alg: string;
      /** The session's browser has not registered its key yet. */
      readonly pending?: boolean;
    }
  | Refusal;
export type ClaimsCheck =
  { readonly kind: 'accepted'; readonly claims: AccessTokenClaims } | Refusal;

/**
 * Extensions that are not supported here (RFC 7515, section 4.1.11; RFC 7797; RFC 7516), and keys
 * inside a token (RFC 8725, section 3.10).
 */
export const REFUSED_MEMBERS = ['crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u'];
/** The greatest value of the store's counter (a 32-bit integer): a greater version was never issued. */
const MAX_TOKEN_VERSION = 2 ** 31 - 1;
const MAX_TOKEN_ID_LENGTH = 128;
export const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set([
  ACCESS_TOKEN_TYPE,
  `application/${ACCESS_TOKEN_TYPE}`,
]);

/** Reads only own members, so that no prototype can add one. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * Checks the header before a key is chosen. The caller then compares `alg` with the algorithm
 * configured for `kid`.
 */
export function checkHeader(header: JsonObject): HeaderCheck {
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header, name))) return refused('header_refused');
  const typ = own(header, 'typ');
  if (typeof typ !== 'string') return refused('type_refused');
  const pending = typ === PENDING_TOKEN_TYPE;
  if (!pending && !ACCESS_TOKEN_TYPES.has(typ.toLowerCase())) return refused('type_refused');
  const kid = own(header, 'kid');
  if (typeof kid !== 'string') return refused('key_unknown');
  const alg = own(header, 'alg');
  if (typeof alg !== 'string') return refused('algorithm_mismatch');
  return { kind: 'accepted', kid, alg, pending };
}

/** All checks of contract, section 1, that need only the claims. `nowMs` is milliseconds since the epoch. */
export function checkClaims(
  payload: JsonObject,
  rules: VerificationRules,
  nowMs: number,
  expiry: ExpiryRule,
): ClaimsCheck {
  const claims = readClaims(payload);
  if (!claims) return refused('claims_malformed');
  if (claims.iss !== rules.issuer && !rules.tenants?.has(claims.iss))
    return refused('issuer_mismatch');
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
  if (!audiences.some((audience) => rules.audiences.includes(audience)))
    return refused('audience_mismatch');
  const lifetime = claims.exp - claims.iat;
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_SECONDS) return refused('lifetime_refused');
  return checkTimes(claims, rules, nowMs, expiry) ?? { kind: 'accepted', claims };
}

/** The checks that depend on the clock; repeated whenever a verified token is used again. */
export function checkTimes(
  claims: Pick<AccessTokenClaims, 'exp' | 'nbf' | 'iat' | 'auth_time'>,
  rules: Pick<VerificationRules, 'clockToleranceSeconds'>,
  nowMs: number,
  expiry: ExpiryRule,
): Refusal | undefined {
  const now = nowMs / 1000;
  const latestStart = now + rules.clockToleranceSeconds;
  if (claims.nbf > latestStart || claims.iat > latestStart) return refused('not_yet_valid');
  // an `auth_time` in the future would pass every step-up check during the token's lifetime
  if (claims.auth_time !== undefined && claims.auth_time > latestStart)
    return refused('not_yet_valid');
  // RFC 7519, section 4.1.4: not accepted on or after `exp`
  if (expiry === 'enforced' && now >= claims.exp + rules.clockToleranceSeconds)
    return refused('expired');
  return undefined;
}

function readClaims(payload: JsonObject): AccessTokenClaims | undefined {
  const iss = own(payload, 'iss');
  const aud = own(payload, 'aud');
  const [sub, sid, jti] = [own(payload, 'sub'), own(payload, 'sid'), own(payload, 'jti')];
  const [iat, nbf, exp] = [own(payload, 'iat'), own(payload, 'nbf'), own(payload, 'exp')];
  const tokenVersion = own(payload, 'tokenVersion');
  if (!isText(iss) || !isIdentifier(sub) || !isIdentifier(sid) || !isIdentifier(jti))
    return undefined;
  if (jti.length > MAX_TOKEN_ID_LENGTH) return undefined;
  if (!isText(aud) && !isTextList(aud)) return undefined;
  if (!isInstant(iat) || !isInstant(nbf) || !isInstant(exp)) return undefined;
  if (!isWhole(tokenVersion) || tokenVersion < 1 || tokenVersion > MAX_TOKEN_VERSION)
    return undefined;
  const [role, permissions] = [own(payload, 'role'), own(payload, 'permissions')];
  const [authTime, amr] = [own(payload, 'auth_time'), own(payload, 'amr')];
  if (role !== undefined && !isText(role)) return undefined;
  if (permissions !== undefined && !isTextList(permissions)) return undefined;
  if (authTime !== undefined && !isInstant(authTime)) return undefined;
  if (amr !== undefined && !isTextList(amr)) return undefined;
  const bound = own(payload, 'bound');
  if (bound !== undefined && bound !== 'dbsc' && bound !== 'dpop') return undefined;
  const act = readActor(own(payload, 'act'));
  if (act === 'malformed') return undefined;
  // otherwise another confirmation method would be ignored (RFC 7800, section 3.1)
  const cnf = own(payload, 'cnf');
  if (cnf !== undefined && !isThumbprint(cnf)) return undefined;
  return {
    iss,
    aud,
    sub,
    sid,
    jti,
    iat,
    nbf,
    exp,
    tokenVersion,
    role,
    permissions,
    auth_time: authTime,
    amr,
    bound,
    act,
    cnf,
  };
}

/** An actor that cannot be read must not be ignored: the token would count as the user's own. */
function readActor(act: unknown): AccessTokenClaims['act'] | 'malformed' {
  if (act === undefined) return undefined;
  if (typeof act !== 'object' || act === null) return 'malformed';
  const sub = own(act as JsonObject, 'sub');
  return isIdentifier(sub) ? { sub } : 'malformed';
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

/** Stores look the value up, so a value that no store can hold (NUL) was never issued. */
function isIdentifier(value: unknown): value is string {
  return isText(value) && !value.includes('\0');
}

const THUMBPRINT = /^[\w-]{43}$/;

function isThumbprint(value: unknown): value is { readonly jkt: string } {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  const jkt = own(value as JsonObject, 'jkt');
  return typeof jkt === 'string' && THUMBPRINT.test(jkt);
}

export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** NumericDate (RFC 7519, section 2), in whole seconds. */
export function isInstant(value: unknown): value is number {
  return isWhole(value) && value >= 0;
}

export function refused(reason: RefusalReason): Refusal {
  return { kind: 'refused', reason };
}
