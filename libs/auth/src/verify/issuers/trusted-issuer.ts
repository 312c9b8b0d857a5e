import type { Clock } from '../../common/clock.js';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedTrustedIssuer } from '../../options/issuer-options.js';
import { Keyring } from '../keys/keyring.service.js';
import { RemoteKeys } from '../keys/remote-keys.service.js';
import type { VerificationOutcome } from '../tokens/access-token-verifier.service.js';
import type { CompactJws } from '../tokens/jws.js';
import { checkTimes, refused } from '../tokens/verification-policy.js';
import { type Verification, VerifiedTokenCache } from '../tokens/verified-token-cache.js';
import { checkForeignClaims, checkForeignHeader, type ForeignRules } from './foreign-policy.js';

type ParsedJws = Extract<CompactJws, { kind: 'parsed' }>;

export interface IssuerSettings {
  readonly clockToleranceSeconds: number;
  /** The most tokens that are remembered. */
  readonly cacheSize: number;
}

/** One other issuer, with its own keys and its own cache: a key of one issuer never verifies another issuer's token. */
export class TrustedIssuer {
  readonly keys: RemoteKeys;
  readonly #keyring = new Keyring({ verification: [] });
  readonly #cache: VerifiedTokenCache;
  readonly #rules: ForeignRules;

  constructor(
    options: ResolvedTrustedIssuer,
    { clockToleranceSeconds, cacheSize }: IssuerSettings,
    private readonly clock: Clock,
  ) {
    this.keys = new RemoteKeys(options.jwks, this.#keyring, clock);
    this.#cache = new VerifiedTokenCache(cacheSize);
    this.#rules = { ...options, clockToleranceSeconds };
  }

  /** The outcome for a token that was accepted before under the current keys; otherwise undefined. */
  remembered(token: string): VerificationOutcome | undefined {
    const remembered = this.#cache.get(token, this.#keyring.revision);
    if (!remembered) return undefined;
    const { principal } = remembered;
    const untimely = checkTimes(remembered, this.#rules, this.clock.now(), 'enforced');
    return untimely ?? { kind: 'accepted', principal };
  }

  /**
   * Returns a promise if the key is unknown, because the issuer is then asked for its keys. Rejects
   * with `unavailable` if the issuer does not answer.
   */
  verify(token: string, jws: ParsedJws): VerificationOutcome | Promise<VerificationOutcome> {
    const outcome = this.#check(token, jws);
    const isUnknown = outcome.kind === 'refused' && outcome.reason === 'key_unknown';
    return isUnknown ? this.#afterLookingAgain(token, jws) : outcome;
  }

  async #afterLookingAgain(token: string, jws: ParsedJws): Promise<VerificationOutcome> {
    await this.keys.lookAgain();
    const outcome = this.#check(token, jws);
    if (outcome.kind === 'refused' && outcome.reason === 'key_unknown' && !this.keys.isComplete())
      throw AuthError.unavailable('a trusted issuer cannot be asked whether this key is its own');
    return outcome;
  }

  #check(token: string, jws: ParsedJws): VerificationOutcome {
    // read before the check: an outcome under former keys must not be remembered
    const { revision } = this.#keyring;
    const outcome = this.#judge(jws);
    if (outcome.kind === 'refused') return outcome;
    this.#cache.set(token, outcome.verified, revision);
    return { kind: 'accepted', principal: outcome.verified.principal };
  }

  #judge(jws: ParsedJws): Verification {
    const header = checkForeignHeader(jws.header);
    if (header.kind === 'refused') return header;
    const key = this.#keyring.verificationKey(header.kid);
    if (!key) return refused('key_unknown');
    if (header.alg !== key.algorithm) return refused('algorithm_mismatch');
    if (!this.#keyring.signatureFits(key, jws.signed, jws.signature))
      return refused('signature_mismatch');
    return checkForeignClaims(jws, key.kid, this.#rules, this.clock.now());
  }
}
