export interface LocalCertificate {
  /** Path of the PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the public key, base64. */
  readonly spki: string;
}

export function localCertificate(dir: string): Promise<LocalCertificate>;
