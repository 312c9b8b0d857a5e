/** The session at a provider that a session here came from. */
export interface ProviderSession {
  readonly issuer: string;
  /** `sub` of the id_token. */
  readonly issuerSubject: string;
  /** `sid` of the id_token. */
  readonly sid?: string;
}

/** Which sessions end with one at the provider: those of that `sid`, or where none is named all of that person. At least one of the two. */
export type ProviderSessionEnd = Partial<ProviderSession> & Pick<ProviderSession, 'issuer'>;
