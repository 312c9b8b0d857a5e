import type { Clock } from '../../common/clock.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { Keyring } from '../keys/keyring.service.js';
import {
  AccessTokenVerifier,
  type ParsedJws,
  type VerifyOptions,
} from '../tokens/access-token-verifier.service.js';
import type { Verification } from '../tokens/verified-token-cache.js';
import { legacyKid } from './legacy-key.js';
import { LegacyTokens } from './legacy-tokens.js';

/**
 * Accepts the old tokens of `accessToken.legacy` as well as our own. The header decides which of
 * the two a token is.
 */
class VerifierBesideLegacy extends AccessTokenVerifier {
  readonly #legacy: LegacyTokens;
  readonly #kids: ReadonlySet<string>;

  /** Throws `configuration_invalid`, naming the option and the cure. */
  constructor(options: ResolvedAuthOptions, keyring: Keyring, clock: Clock) {
    super(options, keyring, clock);
    const { accessToken } = options;
    this.#legacy = new LegacyTokens(accessToken.legacy, accessToken, keyring, clock.now());
    this.#kids = new Set(accessToken.legacy.map(({ name }) => legacyKid(name)));
  }

  /** Also knows `legacy:<name>` of old tokens. */
  override knowsKey(kid: string): boolean {
    return super.knowsKey(kid) || this.#kids.has(kid);
  }

  protected override verifySent(jws: ParsedJws, options: VerifyOptions): Verification {
    if (!this.#legacy.concerns(jws.header)) return super.verifySent(jws, options);
    return this.#legacy.verify(jws, this.clock.now(), options.expiry ?? 'enforced');
  }
}

/** The verifier of access tokens under these options. Throws `configuration_invalid`. */
export function accessTokenVerifier(
  options: ResolvedAuthOptions,
  keyring: Keyring,
  clock: Clock,
): AccessTokenVerifier {
  const Verifier =
    options.accessToken.legacy.length > 0 ? VerifierBesideLegacy : AccessTokenVerifier;
  return new Verifier(options, keyring, clock);
}
