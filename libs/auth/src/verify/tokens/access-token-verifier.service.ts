import type { Clock } from '../../common/clock.js';
import type { Principal } from '../../common/principal.js';
import type { Keyring } from '../keys/keyring.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AccessTokenClaims } from './access-claims.js';
import { checkCustomClaims, type CustomClaims, hostClaims } from './custom-claims.js';
import { looksEncrypted, TokenEncryption } from './encrypted-token.js';
import { type CompactJws, parseCompactJws } from './jws.js';
import type { JsonObject } from './strict-json.js';
import {
  checkClaims,
  checkHeader,
  checkTimes,
  type ExpiryRule,
  type Refusal,
  refused,
  type VerificationRules,
} from './verification-policy.js';
import {
  type Verification,
  type VerifiedToken,
  VerifiedTokenCache,
} from './verified-token-cache.js';

export type VerificationOutcome =
  | {
      readonly kind: 'accepted';
      readonly principal: Principal;
      /** Thumbprint of the key that the caller must ask a proof of; only set if `keyBound` is `told`. */
      readonly boundKey?: string;
      /**
       * The session's browser has not registered its key yet, so the token gives no access. Set
       * under the same condition as `boundKey`.
       */
      readonly pending?: boolean;
    }
  | Refusal;

export interface VerifyOptions {
  /** Default `enforced`. */
  readonly expiry?: ExpiryRule;
  /**
   * For tokens that are bound to a key (`cnf`) or still have to be. `told` is for a caller that
   * asks for the proof itself, or only needs to know the session. Default `refused`.
   */
  readonly keyBound?: 'refused' | 'told';
}

const MAX_KNOWN_HEADERS = 32;

export type ParsedJws = Extract<CompactJws, { kind: 'parsed' }>;

/**
 * Checks that an access token is ours and in its lifetime (contract, section 1; RFC 9068, section
 * 4; RFC 8725). No I/O. It does not check revocation.
 */
export class AccessTokenVerifier {
  /** For metrics: remembered tokens, fully verified tokens, and the total time of the full verifications. */
  readonly counters = { remembered: 0, verified: 0, verifiedMs: 0 };
  readonly #rules: VerificationRules;
  readonly #cache: VerifiedTokenCache;
  readonly #encryption: TokenEncryption | undefined;
  /** Only headers of accepted tokens, so that nobody else can fill it. */
  readonly #headers = new Map<string, JsonObject>();

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly keyring: Keyring,
    protected readonly clock: Clock,
  ) {
    this.#rules = {
      issuer: options.issuer,
      tenants: options.tenants?.names,
      audiences: options.audiences,
      clockToleranceSeconds: options.accessToken.clockToleranceSeconds,
    };
    const { cacheSize, encryption } = options.accessToken;
    this.#cache = new VerifiedTokenCache(cacheSize);
    this.#encryption = encryption && new TokenEncryption(encryption, keyring);
  }

  /**
   * As `verify`, and also decrypts if `accessToken.encryption` is set: returns a promise for an
   * encrypted token that is not remembered. Decryption waits for the thread pool (as password
   * hashing does), so its result is remembered for the outer token.
   */
  verifyAny(
    token: string,
    options: VerifyOptions = {},
  ): VerificationOutcome | Promise<VerificationOutcome> {
    const encryption = this.#encryption;
    if (!encryption || !looksEncrypted(token)) return this.verify(token, options);
    return this.#remembered(token, options) ?? this.#decryptAndVerify(encryption, token, options);
  }

  /**
   * For a signed token, or an encrypted one that was decrypted before. Throws
   * `configuration_invalid` if `claimsSchema` is asynchronous; every other problem is an outcome.
   * The principal is frozen.
   */
  verify(token: string, options: VerifyOptions = {}): VerificationOutcome {
    return (
      this.#remembered(token, options) ??
      this.#verifyAndRemember(token, options, () => this.#outer(token, options))
    );
  }

  /** Whether a key with that `kid` verifies here, or did until it was revoked. */
  knowsKey(kid: string): boolean {
    return this.keyring.verificationKey(kid) !== undefined || this.keyring.isRevoked(kid);
  }

  #remembered(
    token: string,
    { expiry = 'enforced', keyBound }: VerifyOptions,
  ): VerificationOutcome | undefined {
    const remembered = this.#cache.get(token, this.keyring.revision);
    if (!remembered) return undefined;
    this.counters.remembered++;
    const { acceptUntilMs = Infinity } = remembered;
    const nowMs = this.clock.now();
    if (nowMs >= acceptUntilMs) return refused('expired');
    return checkTimes(remembered, this.#rules, nowMs, expiry) ?? acceptedAs(remembered, keyBound);
  }

  #verifyAndRemember(
    token: string,
    { keyBound }: VerifyOptions,
    verify: () => Verification,
  ): VerificationOutcome {
    // read before the check: if the keys change meanwhile, the outcome is invalid
    const { revision } = this.keyring;
    const startedMs = this.clock.monotonic();
    const outcome = verify();
    this.counters.verified++;
    this.counters.verifiedMs += this.clock.monotonic() - startedMs;
    if (outcome.kind === 'refused') return outcome;
    this.#cache.set(token, outcome.verified, revision);
    return acceptedAs(outcome.verified, keyBound);
  }

  async #decryptAndVerify(
    encryption: TokenEncryption,
    token: string,
    options: VerifyOptions,
  ): Promise<VerificationOutcome> {
    const decrypted = await encryption.decrypt(token);
    if (decrypted.kind === 'refused') return decrypted;
    return this.#verifyAndRemember(token, options, () => {
      const jws = parseCompactJws(decrypted.signed, this.#headers);
      return jws.kind === 'malformed' ? refused(jws.reason) : this.#signed(jws, options);
    });
  }

  #outer(token: string, options: VerifyOptions): Verification {
    const jws = parseCompactJws(token, this.#headers);
    return jws.kind === 'malformed' ? refused(jws.reason) : this.verifySent(jws, options);
  }

  /** The token as it was sent: not encrypted, or refused. */
  protected verifySent(jws: ParsedJws, options: VerifyOptions): Verification {
    if (this.#encryption?.plaintext === 'refused') return refused('not_encrypted');
    return this.#signed(jws, options);
  }

  #signed(jws: ParsedJws, { expiry = 'enforced' }: VerifyOptions): Verification {
    const header = checkHeader(jws.header);
    if (header.kind === 'refused') return header;
    const key = this.keyring.verificationKey(header.kid);
    if (!key) return refused('key_unknown');
    if (header.alg !== key.algorithm) return refused('algorithm_mismatch');
    if (!this.keyring.signatureFits(key, jws.signed, jws.signature))
      return refused('signature_mismatch');
    const checked = checkClaims(jws.payload, this.#rules, this.clock.now(), expiry);
    if (checked.kind === 'refused') return checked;
    const custom = checkCustomClaims(
      hostClaims(jws.payload),
      this.options.accessToken.claimsSchema,
    );
    if (custom.kind === 'refused') return refused('custom_claims_refused');
    this.#rememberHeader(jws);
    const { exp, nbf, iat, auth_time, cnf } = checked.claims;
    const principal = asPrincipal(checked.claims, {
      keyId: key.kid,
      tenant: this.#rules.tenants?.get(checked.claims.iss),
      claims: custom.claims,
    });
    const { pending } = header;
    return {
      kind: 'accepted',
      verified: { principal, exp, nbf, iat, auth_time, boundKey: cnf?.jkt, pending },
    };
  }

  #rememberHeader({ headerText, header }: ParsedJws): void {
    if (this.#headers.has(headerText)) return;
    // bounded, because keys change
    if (this.#headers.size >= MAX_KNOWN_HEADERS) this.#headers.clear();
    this.#headers.set(headerText, header);
  }
}

function boundBy({ bound, cnf }: AccessTokenClaims): Pick<Principal, 'bound'> {
  const by = cnf ? 'dpop' : bound;
  return by === undefined ? {} : { bound: by };
}

function acceptedAs(
  { principal, boundKey, pending }: VerifiedToken,
  keyBound: VerifyOptions['keyBound'],
): VerificationOutcome {
  if (boundKey === undefined && !pending) return { kind: 'accepted', principal };
  if (keyBound === 'told') return { kind: 'accepted', principal, boundKey, pending };
  // without a proof of that key, the caller may have stolen the token
  return refused(pending ? 'key_due' : 'key_bound');
}

function asPrincipal(
  claims: AccessTokenClaims,
  {
    keyId,
    tenant,
    claims: custom,
  }: Pick<Principal, 'keyId' | 'tenant'> & { readonly claims: CustomClaims },
): Principal {
  return Object.freeze({
    kind: 'user',
    ...(tenant !== undefined && { tenant }),
    id: claims.sub,
    sessionId: claims.sid,
    tokenId: claims.jti,
    keyId,
    tokenVersion: claims.tokenVersion,
    ...(claims.role !== undefined && { role: claims.role }),
    permissions: Object.freeze([...(claims.permissions ?? [])]),
    ...(claims.auth_time !== undefined && { authTime: claims.auth_time }),
    ...(claims.amr !== undefined && { amr: Object.freeze([...claims.amr]) }),
    ...boundBy(claims),
    ...(claims.act && { actor: Object.freeze({ id: claims.act.sub }) }),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    claims: custom,
  });
}
