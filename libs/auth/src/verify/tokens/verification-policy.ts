import { ACCESS_TOKEN_TYPE } from '../../contract/index.js';
import { type AccessTokenClaims, MAX_LIFETIME_SECONDS, PENDING_TOKEN_TYPE } from './access-claims.js';
import type { JsonObject } from './strict-json.js';

/** Why a token is not accepted; private, every one of them is the same 401 outside. */
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

/** What the configuration says; the token has no say in any of it. */
export interface VerificationRules {
  readonly issuer: string;
  /** Further issuers of ours, each with its tenant. Default none. */
  readonly tenants?: ReadonlyMap<string, string>;
  readonly audiences: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** `ignored` is for logout alone: a token that has only expired still names its session. */
export type ExpiryRule = 'enforced' | 'ignored';

export type HeaderCheck =
  | {
      readonly kind: 'accepted';
      readonly kid: string;
      readonly alg: string;
      /** Of a session whose browser has still to register a key. */
      readonly pending?: boolean;
    }
  | Refusal;
export type ClaimsCheck = { readonly kind: 'accepted'; readonly claims: AccessTokenClaims } | Refusal;

/** Extensions nobody here understands (RFC 7515, section 4.1.11; RFC 7797; RFC 7516) and keys that a token would bring itself (RFC 8725, section 3.10). */
export const REFUSED_MEMBERS = ['crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u'];
/** What the store's counter (a 32-bit integer) can reach: more was never issued. */
const MAX_TOKEN_VERSION = 2 ** 31 - 1;
const MAX_TOKEN_ID_LENGTH = 128;
export const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set([
  ACCESS_TOKEN_TYPE,
  `application/${ACCESS_TOKEN_TYPE}`,
]);

/** Members are read as own ones only, so that no prototype speaks for a token. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The header before any key is chosen; whoever calls then compares `alg` with the one configured for `kid`. */
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

/** Everything of contract, section 1, that the claims themselves can tell. `nowMs` is milliseconds since the epoch. */
export function checkClaims(
  payload: JsonObject,
  rules: VerificationRules,
  nowMs: number,
  expiry: ExpiryRule,
): ClaimsCheck {
  const claims = readClaims(payload);
  if (!claims) return refused('claims_malformed');
  if (claims.iss !== rules.issuer && !rules.tenants?.has(claims.iss)) return refused('issuer_mismatch');
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
  if (!audiences.some((audience) => rules.audiences.includes(audience))) return refused('audience_mismatch');
  const lifetime = claims.exp - claims.iat;
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_SECONDS) return refused('lifetime_refused');
  return checkTimes(claims, rules, nowMs, expiry) ?? { kind: 'accepted', claims };
}

/** The part that the clock decides; asked again whenever a verified token comes back. */
export function checkTimes(
  claims: Pick<AccessTokenClaims, 'exp' | 'nbf' | 'iat' | 'auth_time'>,
  rules: Pick<VerificationRules, 'clockToleranceSeconds'>,
  nowMs: number,
  expiry: ExpiryRule,
): Refusal | undefined {
  const now = nowMs / 1000;
  const latestStart = now + rules.clockToleranceSeconds;
  if (claims.nbf > latestStart || claims.iat > latestStart) return refused('not_yet_valid');
  // a proof from the future would pass every step-up check for as long as the token lives
  if (claims.auth_time !== undefined && claims.auth_time > latestStart) return refused('not_yet_valid');
  // RFC 7519, section 4.1.4: on or after `exp` it is not accepted
  if (expiry === 'enforced' && now >= claims.exp + rules.clockToleranceSeconds) return refused('expired');
  return undefined;
}

function readClaims(payload: JsonObject): AccessTokenClaims | undefined {
  const iss = own(payload, 'iss');
  const aud = own(payload, 'aud');
  const [sub, sid, jti] = [own(payload, 'sub'), own(payload, 'sid'), own(payload, 'jti')];
  const [iat, nbf, exp] = [own(payload, 'iat'), own(payload, 'nbf'), own(payload, 'exp')];
  const tokenVersion = own(payload, 'tokenVersion');
  if (!isText(iss) || !isIdentifier(sub) || !isIdentifier(sid) || !isIdentifier(jti)) return undefined;
  if (jti.length > MAX_TOKEN_ID_LENGTH) return undefined;
  if (!isText(aud) && !isTextList(aud)) return undefined;
  if (!isInstant(iat) || !isInstant(nbf) || !isInstant(exp)) return undefined;
  if (!isWhole(tokenVersion) || tokenVersion < 1 || tokenVersion > MAX_TOKEN_VERSION) return undefined;
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
  // another confirmation method would be ignored otherwise (RFC 7800, section 3.1)
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

/** One that cannot be read is not taken for none: the token would be the user's own. */
function readActor(act: unknown): AccessTokenClaims['act'] | 'malformed' {
  if (act === undefined) return undefined;
  if (typeof act !== 'object' || act === null) return 'malformed';
  const sub = own(act as JsonObject, 'sub');
  return isIdentifier(sub) ? { sub } : 'malformed';
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

/** Stores look it up: what no store can hold (NUL) was never issued. */
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
