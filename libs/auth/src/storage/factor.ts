interface FactorBase {
  readonly id: string;
  readonly subject: string;
  /** The name that the owner gave it. */
  readonly name?: string;
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
}

/** A secret that an authenticator app shares with us (RFC 6238). */
export interface TotpFactor extends FactorBase {
  readonly kind: 'totp';
  /** Encrypted, so the store never sees the secret. */
  readonly sealedSecret: Buffer;
  /** False until its first code: it does not count as a factor before. */
  readonly confirmed: boolean;
}

/** A public key credential (WebAuthn). */
export interface PasskeyFactor extends FactorBase {
  readonly kind: 'passkey';
  /** base64url, unique among all factors. */
  readonly credentialId: string;
  /** COSE. */
  readonly publicKey: Buffer;
  /** The last counter of the authenticator; 0 if it does not count. */
  readonly counter: number;
  /** How the browser reaches it: `internal`, `hybrid`, `usb`, … */
  readonly transports: readonly string[];
  /** Whether the passkey may be copied to other devices; false: it is bound to one device. */
  readonly backupEligible: boolean;
  /** Whether it is copied to other devices. */
  readonly backedUp: boolean;
}

export type Factor = TotpFactor | PasskeyFactor;
export type NewTotp = Omit<TotpFactor, 'createdAt' | 'lastUsedAt' | 'confirmed'>;
export type NewPasskey = Omit<PasskeyFactor, 'createdAt' | 'lastUsedAt'>;

/** Whether it asks for a second step at sign-in. */
export function counts(factor: Factor): boolean {
  return factor.kind === 'passkey' || factor.confirmed;
}
