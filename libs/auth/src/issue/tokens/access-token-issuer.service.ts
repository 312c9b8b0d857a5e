import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { askHost } from '../../common/ask-host.js';
import type { Actor } from '../../common/principal.js';
import { Entropy } from '../../common/entropy.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  type AccessTokenClaims,
  MAX_TOKEN_BYTES,
  PENDING_TOKEN_TYPE,
} from '../../verify/tokens/access-claims.js';
import { asJson, joinClaims } from './added-claims.js';
import { assertClaimNames, plainName } from './claim-names.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import { TokenEncryption } from '../../verify/tokens/encrypted-token.js';
import { signToken } from './sign-token.js';

export interface AccessTokenInput {
  /** User id, never an email. */
  readonly subject: string;
  readonly sessionId: string;
  /** Read no later than any other fact in the token. */
  readonly tokenVersion: number;
  readonly role?: string;
  readonly permissions: readonly string[];
  /** Passed to the claims hook. With the option `tenants` it selects the issuer. */
  readonly tenant?: string;
  /** When the person last proved a credential, seconds since the epoch. */
  readonly authTime?: number;
  /** How the credential was proved (RFC 8176). Default none. */
  readonly amr?: readonly string[];
  /** The kind of key that the session is bound to. Default none. */
  readonly bound?: 'dbsc' | 'dpop';
  /** The session's browser has not registered its key yet. Default false. */
  readonly pending?: boolean;
  /** Who acts as the user. */
  readonly actor?: Actor | null;
  /** Lifetime, at most `accessToken.ttl`. Default: `accessToken.ttl`. */
  readonly ttlSeconds?: number | null;
  /** The token expires at this time at the latest, milliseconds since the epoch. Default: only its lifetime counts. */
  readonly endsByMs?: number;
  /** Thumbprint of the key that each request must prove; becomes `cnf`. Default none. */
  readonly boundKey?: string;
  /** The claims that are kept with the session, as `sessionClaims` read them. Default none. */
  readonly claims?: CustomClaims | null;
  /**
   * A time read before the session's state was read, milliseconds since the epoch. `iat` and `exp`
   * count from it.
   */
  readonly asOfMs: number;
  /**
   * The most bytes that the transport can carry (a cookie: about 4,096 minus its name and
   * attributes). Default and maximum 8,192.
   */
  readonly maxBytes?: number;
}

export interface IssuedAccessToken {
  readonly token: string;
  /** `jti` */
  readonly tokenId: string;
  readonly expiresInSeconds: number;
  /** `exp`, seconds since the epoch. */
  readonly expiresAt: number;
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Access tokens as contract, section 1, describes them (RFC 9068). */
@Injectable()
export class AccessTokenIssuer {
  readonly #allowed: ReadonlySet<string>;
  readonly #encryption: TokenEncryption | undefined;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly keyring: Keyring,
    private readonly entropy: Entropy,
  ) {
    this.#allowed = new Set([...options.accessToken.allowedClaims].map(plainName));
    const { encryption } = options.accessToken;
    if (encryption && encryption.plaintext !== 'issued')
      this.#encryption = new TokenEncryption(encryption, keyring);
  }

  /**
   * Who takes part in an issue: `host` if a claims hook, a schema or a remote signer (KMS, HSM) can
   * fail or refuse. Throws `unavailable` if there is no key to sign with.
   */
  needs(): 'nobody' | 'host' {
    const signsElsewhere = 'sign' in this.keyring.signer();
    const { claims, claimsSchema } = this.options.accessToken;
    return signsElsewhere || claims || claimsSchema ? 'host' : 'nobody';
  }

  /**
   * Reads claims to be kept with a session, as JSON represents them. Throws `claim_refused`.
   * `accessToken.claimsSchema` checks them at the first issue.
   */
  sessionClaims(given: unknown): CustomClaims {
    const claims = asJson(given);
    assertClaimNames(claims, this.#allowed);
    return claims;
  }

  /**
   * Throws `claim_refused` for a claim that is not allowed, `session_claims_refused` if the session
   * keeps that claim, `tenant_unknown`, `token_too_large` above `maxBytes`, `unavailable` if the
   * claims hook fails or is late.
   */
  async issue(input: AccessTokenInput): Promise<IssuedAccessToken> {
    if (EMAIL.test(input.subject)) {
      throw new AuthError(
        'claim_refused',
        'the user id looks like an email address: "sub" must be an id that tells nothing about the person',
      );
    }
    const custom = await this.#customClaims(input);
    const claims = this.#ownClaims(input);
    const signed = await signToken(
      this.keyring.signer(),
      { ...custom, ...claims },
      this.options.storeDeadlineMs,
      input.pending ? PENDING_TOKEN_TYPE : undefined,
    );
    const token = this.#encryption ? await this.#encryption.encrypt(signed) : signed;
    assertSize(token, input.maxBytes);
    return {
      token,
      tokenId: claims.jti,
      expiresInSeconds: claims.exp - claims.iat,
      expiresAt: claims.exp,
    };
  }

  #ownClaims(input: AccessTokenInput): AccessTokenClaims {
    const { audiences, accessToken } = this.options;
    const { asOfMs, endsByMs = Infinity } = input;
    const iat = Math.floor(asOfMs / 1000);
    const ttlSeconds = Math.min(input.ttlSeconds ?? Infinity, accessToken.ttlSeconds);
    const lifetime = Math.min(ttlSeconds, Math.floor(endsByMs / 1000) - iat);
    const [onlyAudience, ...moreAudiences] = audiences;
    return {
      iss: this.#issuerOf(input.tenant),
      aud: onlyAudience !== undefined && moreAudiences.length === 0 ? onlyAudience : audiences,
      sub: input.subject,
      sid: input.sessionId,
      jti: this.entropy.uuid(),
      iat,
      nbf: iat,
      // a token needs a lifetime of at least a second; its session has ended by then in any case
      exp: iat + Math.max(1, lifetime),
      tokenVersion: input.tokenVersion,
      ...(input.role && { role: input.role }),
      ...(input.permissions.length > 0 && { permissions: input.permissions }),
      ...(input.authTime !== undefined && { auth_time: input.authTime }),
      ...(input.amr && input.amr.length > 0 && { amr: input.amr }),
      ...(input.bound && { bound: input.bound }),
      ...(input.actor && { act: { sub: input.actor.id } }),
      ...(input.boundKey !== undefined && { cnf: { jkt: input.boundKey } }),
    };
  }

  #issuerOf(tenant: string | undefined): string {
    const { issuer, tenants } = this.options;
    if (!tenants || tenant === undefined) return issuer;
    const own = tenants.issuers.get(tenant);
    if (own !== undefined) return own;
    throw new AuthError(
      'tenant_unknown',
      'tenants.issuers has no entry for the tenant of this user; add it',
    );
  }

  async #customClaims(input: AccessTokenInput): Promise<CustomClaims> {
    const { claims: hook } = this.options.accessToken;
    const { subject: userId, sessionId, role, permissions, tenant, claims: kept } = input;
    const user = { userId, sessionId, role, permissions, tenant };
    const answer =
      hook && (await askHost('accessToken.claims', this.options.storeDeadlineMs, () => hook(user)));
    const told = hook ? asJson(answer) : {};
    return joinClaims({ told, kept }, { allowed: this.#allowed, options: this.options });
  }
}

function assertSize(token: string, asked = MAX_TOKEN_BYTES): void {
  const maxBytes = Math.min(asked, MAX_TOKEN_BYTES);
  if (token.length <= maxBytes) return;
  throw new AuthError(
    'token_too_large',
    `the access token has ${token.length} bytes, at most ${maxBytes} fit: give the user fewer permissions, or add fewer claims`,
  );
}
