import type { OidcMethod } from './oidc-options.js';

/** The relying party of a passkey: a domain as its id, and the pages that may use it. */
export interface RelyingParty {
  readonly rpId: string;
  readonly origins: readonly string[];
}

/** `totp(…)` of `@tokenward/nestjs/totp`. */
export interface TotpMethod {
  readonly kind: 'totp';
  readonly secretBytes: number;
  /** What an authenticator app is given: the secret in base32 and the `otpauth:` URI of a QR code. */
  enrol(secret: Buffer, label: string): { readonly secret: string; readonly uri: string };
  /** The time step of the code: the present one or a neighbour of it. Undefined for a wrong code. */
  stepOf(secret: Buffer, code: string, nowMs: number): number | undefined;
}

export interface PasskeyUser {
  /** At most 64 bytes, without personal data. */
  readonly handle: Buffer;
  readonly name: string;
  readonly displayName: string;
}

/** A credential as the browser is told of it. */
export interface KnownCredential {
  readonly credentialId: string;
  readonly transports: readonly string[];
}

export interface RegisteredCredential extends KnownCredential {
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** What the authenticator said, signed. */
export interface PasskeyAssertion {
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** `passkeys(…)` of `@tokenward/nestjs/passkeys`. Challenges are base64url; user verification is always required. */
export interface PasskeyMethod {
  readonly kind: 'passkeys';
  /** Undefined where this origin has no relying party. */
  relyingParty(ownOrigin: string | undefined): RelyingParty | undefined;
  registrationOptions(
    rp: RelyingParty,
    user: PasskeyUser,
    known: readonly KnownCredential[],
    challenge: string,
  ): Promise<object>;
  /** Undefined for an answer that is not accepted. */
  verifyRegistration(
    rp: RelyingParty,
    response: unknown,
    challenge: string,
  ): Promise<RegisteredCredential | undefined>;
  /** `known`: the credentials of the user; undefined where the user is not known yet. */
  authenticationOptions(
    rp: RelyingParty,
    known: readonly KnownCredential[] | undefined,
    challenge: string,
  ): Promise<object>;
  /** Undefined for an answer that is not accepted. The caller checks the counter. */
  verifyAuthentication(
    rp: RelyingParty,
    response: unknown,
    challenge: string,
    credential: KnownCredential & { readonly publicKey: Buffer },
  ): Promise<PasskeyAssertion | undefined>;
}

export type FactorMethod = TotpMethod | PasskeyMethod | OidcMethod;

export interface FactorOptions {
  /** `totp(…)` of `/totp`, `passkeys(…)` of `/passkeys`, `oidc(…)` of `/oidc`; at most one of each. */
  readonly methods: readonly FactorMethod[];
  /**
   * The keys that encrypt TOTP secrets in the database: `id:base64url` of 32 bytes each. Keep them in the environment,
   * not in that database. New secrets use the first, all decrypt; a secret is encrypted with the first at its next use.
   * `tokenward secret --encryption` makes one. Needed with `totp`.
   */
  readonly encryptionKeys?: readonly string[];
}
