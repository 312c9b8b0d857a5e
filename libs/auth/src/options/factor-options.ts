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

/** A credential as it is described to the browser. */
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

/** The signed data of the authenticator. */
export interface PasskeyAssertion {
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/** `passkeys(…)` of `@tokenward/nestjs/passkeys`. Challenges are base64url; user verification is always required. */
export interface PasskeyMethod {
  readonly kind: 'passkeys';
  /** Undefined if this origin has no relying party. */
  relyingParty(ownOrigin: string | undefined): RelyingParty | undefined;
  registrationOptions(
    rp: RelyingParty,
    user: PasskeyUser,
    known: readonly KnownCredential[],
    challenge: string,
  ): Promise<object>;
  /** Undefined if the answer is not accepted. */
  verifyRegistration(
    rp: RelyingParty,
    response: unknown,
    challenge: string,
  ): Promise<RegisteredCredential | undefined>;
  /** `known`: the credentials of the user; undefined while the user is not known yet. */
  authenticationOptions(
    rp: RelyingParty,
    known: readonly KnownCredential[] | undefined,
    challenge: string,
  ): Promise<object>;
  /** Undefined if the answer is not accepted. The caller checks the counter. */
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
   * not in that database. The first key encrypts new secrets, all of them decrypt, and a secret is encrypted again with
   * the first key at its next use. `tokenward secret --encryption` makes a key. Needed with `totp`.
   */
  readonly encryptionKeys?: readonly string[];
}
