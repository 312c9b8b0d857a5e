interface FactorBase {
  readonly id: string;
  readonly subject: string;
  /** What its owner calls it. */
  readonly name?: string;
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
}

/** A secret that an authenticator app shares with us (RFC 6238). */
export interface TotpFactor extends FactorBase {
  readonly kind: 'totp';
  /** Sealed: the store never sees the secret. */
  readonly sealedSecret: Buffer;
  /** False until its first code: it does not count as a factor before. */
  readonly confirmed: boolean;
}

/** A public key credential (WebAuthn). */
export interface PasskeyFactor extends FactorBase {
  readonly kind: 'passkey';
  /** base64url; no two factors have one. */
  readonly credentialId: string;
  /** COSE. */
  readonly publicKey: Buffer;
  /** As the authenticator last said it; 0 where it counts nothing. */
  readonly counter: number;
  /** How the browser reaches it: `internal`, `hybrid`, `usb`, … */
  readonly transports: readonly string[];
  /** Whether it may be copied to other devices; false: bound to one. */
  readonly backupEligible: boolean;
  /** Whether it is. */
  readonly backedUp: boolean;
}

export type Factor = TotpFactor | PasskeyFactor;
export type NewTotp = Omit<TotpFactor, 'createdAt' | 'lastUsedAt' | 'confirmed'>;
export type NewPasskey = Omit<PasskeyFactor, 'createdAt' | 'lastUsedAt'>;

/** Whether it asks for a second step at sign-in. */
export function counts(factor: Factor): boolean {
  return factor.kind === 'passkey' || factor.confirmed;
}
