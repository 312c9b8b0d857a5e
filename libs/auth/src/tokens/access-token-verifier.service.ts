import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Principal } from '../common/principal.js';
import { Keyring } from '../keys/keyring.service.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import type { AccessTokenClaims } from './access-claims.js';
import { checkCustomClaims, type CustomClaims, hostClaims } from './custom-claims.js';
import { parseCompactJws } from './jws.js';
import {
  checkClaims,
  checkHeader,
  checkTimes,
  type ExpiryRule,
  type Refusal,
  refused,
  type VerificationRules,
} from './verification-policy.js';
import { type VerifiedToken, VerifiedTokenCache } from './verified-token-cache.js';

export type VerificationOutcome = { readonly kind: 'accepted'; readonly principal: Principal } | Refusal;

export interface VerifyOptions {
  /** Default `enforced`. */
  readonly expiry?: ExpiryRule;
}

type FullVerification = { readonly kind: 'accepted'; readonly verified: VerifiedToken } | Refusal;

/**
 * Whether an access token is ours and in time (contract, section 1; RFC 9068, section 4; RFC 8725). No I/O. Whether it was revoked
 * is another question.
 */
@Injectable()
export class AccessTokenVerifier {
  readonly #rules: VerificationRules;
  readonly #cache: VerifiedTokenCache;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {
    this.#rules = {
      issuer: options.issuer,
      audiences: options.audiences,
      clockToleranceSeconds: options.accessToken.clockToleranceSeconds,
    };
    this.#cache = new VerifiedTokenCache(options.accessToken.cacheSize);
  }

  /** Throws `configuration_invalid` when `claimsSchema` is asynchronous; every other misfit is an outcome. The principal is frozen. */
  verify(token: string, { expiry = 'enforced' }: VerifyOptions = {}): VerificationOutcome {
    const nowMs = this.clock.now();
    const { revision } = this.keyring;
    const remembered = this.#cache.get(token, revision);
    if (remembered) {
      return (
        checkTimes(remembered, this.#rules, nowMs, expiry) ?? {
          kind: 'accepted',
          principal: remembered.principal,
        }
      );
    }
    const outcome = this.#verifyFully(token, nowMs, expiry);
    if (outcome.kind === 'refused') return outcome;
    this.#cache.set(token, outcome.verified, revision);
    return { kind: 'accepted', principal: outcome.verified.principal };
  }

  #verifyFully(token: string, nowMs: number, expiry: ExpiryRule): FullVerification {
    const jws = parseCompactJws(token);
    if (jws.kind === 'malformed') return refused(jws.reason);
    const header = checkHeader(jws.header);
    if (header.kind === 'refused') return header;
    const key = this.keyring.verificationKey(header.kid);
    if (!key) return refused('key_unknown');
    if (header.alg !== key.algorithm) return refused('algorithm_mismatch');
    if (!this.keyring.signatureFits(key, jws.signed, jws.signature)) return refused('signature_mismatch');
    const checked = checkClaims(jws.payload, this.#rules, nowMs, expiry);
    if (checked.kind === 'refused') return checked;
    const custom = checkCustomClaims(hostClaims(jws.payload), this.options.accessToken.claimsSchema);
    if (custom.kind === 'refused') return refused('custom_claims_refused');
    const { exp, nbf, iat } = checked.claims;
    const principal = asPrincipal(checked.claims, key.kid, custom.claims);
    return { kind: 'accepted', verified: { principal, exp, nbf, iat } };
  }
}

function asPrincipal(claims: AccessTokenClaims, keyId: string, custom: CustomClaims): Principal {
  return Object.freeze({
    id: claims.sub,
    sessionId: claims.sid,
    tokenId: claims.jti,
    keyId,
    tokenVersion: claims.tokenVersion,
    ...(claims.role !== undefined && { role: claims.role }),
    permissions: Object.freeze([...(claims.permissions ?? [])]),
    ...(claims.auth_time !== undefined && { authTime: claims.auth_time }),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    claims: custom,
  });
}
