import { createHash } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { StandardSchemaV1 } from '../../common/standard-schema.js';
import type { Keyring } from '../keys/keyring.service.js';
import type { VerificationKey } from '../keys/key-set.js';
import type { LegacyPrincipal, ResolvedLegacyIssuer } from '../../options/legacy-options.js';
import { readLegacyKey } from './legacy-key.js';
import { checkCustomClaims } from '../tokens/custom-claims.js';
import type { CompactJws } from '../tokens/jws.js';
import type { JsonObject } from '../tokens/strict-json.js';
import {
  checkTimes,
  type ExpiryRule,
  isText,
  isWhole,
  own,
  refused,
  REFUSED_MEMBERS,
} from '../tokens/verification-policy.js';
import { namesAudience, readByHook, wholeSeconds } from '../tokens/foreign-claims.js';
import type { Verification } from '../tokens/verified-token-cache.js';

/**
 * The former id of an old token, from before `LegacyTokens` derived it from the signed text. A
 * revocation under the former id stays valid.
 */
export function formerLegacyTokenId(token: string): string {
  return `legacy-${createHash('sha256').update(token).digest('base64url')}`;
}

const LONGEST_WINDOW_MS = 366 * 86_400_000;

type ParsedJws = Extract<CompactJws, { kind: 'parsed' }>;
interface Issuer extends ResolvedLegacyIssuer {
  readonly verification: VerificationKey;
}
export interface LegacyRules {
  readonly clockToleranceSeconds: number;
  readonly claimsSchema?: StandardSchemaV1;
}

/**
 * Old tokens of a hand-made set-up, with a policy of their own. `typ` separates the two kinds: a token with `at+jwt` is
 * never checked with these keys, and any other token is never checked with Tokenward's.
 */
export class LegacyTokens {
  readonly #issuers: readonly Issuer[];

  /** Throws `configuration_invalid`, naming the option and the cure. */
  constructor(
    issuers: readonly ResolvedLegacyIssuer[],
    private readonly rules: LegacyRules,
    private readonly keyring: Keyring,
    nowMs: number,
  ) {
    this.#issuers = issuers.map((issuer, index) => {
      const option = `accessToken.legacy[${String(index)}]`;
      if (issuer.acceptUntilMs > nowMs + LONGEST_WINDOW_MS)
        throw AuthError.configuration(
          `${option}.acceptUntil`,
          'is more than a year ahead: give a date within a year',
        );
      const verification = readLegacyKey(`${option}.key`, issuer);
      if (keyring.holds(verification.publicKey))
        throw AuthError.configuration(
          `${option}.key`,
          'is also a key of Tokenward: make a new one for the new tokens',
        );
      return { ...issuer, verification };
    });
  }

  /** Whether a token with this header can only be an old one. */
  concerns(header: JsonObject): boolean {
    const typ = own(header, 'typ');
    return typ === undefined || (typeof typ === 'string' && typ.toLowerCase() === 'jwt');
  }

  /** Each entry's configuration chooses the key, and the signed claims must match that entry completely. */
  verify(jws: ParsedJws, nowMs: number, expiry: ExpiryRule): Verification {
    if (REFUSED_MEMBERS.some((name) => Object.hasOwn(jws.header, name)))
      return refused('header_refused');
    let last: Verification = refused('key_unknown');
    for (const issuer of this.#issuers) {
      if (own(jws.header, 'kid') !== issuer.keyId) continue;
      last =
        own(jws.header, 'alg') === issuer.algorithm
          ? this.#verifyBy(issuer, jws, nowMs, expiry)
          : refused('algorithm_mismatch');
      if (last.kind === 'accepted') return last;
    }
    return last;
  }

  #verifyBy(issuer: Issuer, jws: ParsedJws, nowMs: number, expiry: ExpiryRule): Verification {
    if (nowMs >= issuer.acceptUntilMs) return refused('expired');
    if (!this.keyring.signatureFits(issuer.verification, jws.signed, jws.signature))
      return refused('signature_mismatch');
    const { payload } = jws;
    if (own(payload, 'iss') !== issuer.issuer) return refused('issuer_mismatch');
    if (!audienceFits(own(payload, 'aud'), issuer.audiences)) return refused('audience_mismatch');
    const iat = wholeSeconds(own(payload, 'iat'), Math.floor);
    const exp = wholeSeconds(own(payload, 'exp'), Math.floor);
    const nbf = wholeSeconds(own(payload, 'nbf') ?? own(payload, 'iat'), Math.ceil);
    if (iat === undefined || exp === undefined || nbf === undefined)
      return refused('claims_malformed');
    if (exp <= iat || exp - iat > issuer.maxLifetimeSeconds) return refused('lifetime_refused');
    const untimely = checkTimes({ iat, nbf, exp }, this.rules, nowMs, expiry);
    if (untimely) return untimely;
    const who = principalOf(issuer, payload);
    if (!who) return refused('claims_malformed');
    const custom = checkCustomClaims({ ...who.claims }, this.rules.claimsSchema);
    if (custom.kind === 'refused') return refused('custom_claims_refused');
    // derived from the signed text: an EC signature has a second valid form (s → n − s), and PSS
    // can sign the same text in many ways
    const digest = createHash('sha256').update(jws.signed).digest();
    const principal = Object.freeze({
      id: who.id,
      sessionId: asUuid(digest),
      tokenId: `legacy-${digest.toString('base64url')}`,
      keyId: issuer.verification.kid,
      legacy: issuer.name,
      // lower than every version, so that any revocation of the user refuses the token
      tokenVersion: 0,
      ...(who.role !== undefined && { role: who.role }),
      kind: 'user' as const,
      permissions: Object.freeze([...(who.permissions ?? [])]),
      issuedAt: iat,
      expiresAt: Math.min(exp, Math.floor(issuer.acceptUntilMs / 1000)),
      claims: custom.claims,
    });
    return {
      kind: 'accepted',
      verified: { principal, exp, nbf, iat, acceptUntilMs: issuer.acceptUntilMs },
    };
  }
}

function audienceFits(given: unknown, expected: readonly string[] | undefined): boolean {
  if (expected === undefined) return given === undefined;
  return namesAudience(given, expected);
}

function principalOf(issuer: Issuer, payload: JsonObject): LegacyPrincipal | undefined {
  if (!issuer.principal) {
    const sub = own(payload, 'sub');
    const id = isWhole(sub) ? String(sub) : sub;
    return isText(id) ? { id } : undefined;
  }
  return readByHook(issuer.principal, payload);
}

/** Equals no session's id, and is always the same for one token (RFC 9562, section 5.8). */
function asUuid(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
