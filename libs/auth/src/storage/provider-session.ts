/** The session at a provider that a session here came from. */
export interface ProviderSession {
  readonly issuer: string;
  /** `sub` of the id_token. */
  readonly issuerSubject: string;
  /** `sid` of the id_token. */
  readonly sid?: string;
}

/**
 * Selects the sessions that end with one at the provider: those of that `sid`, or without a `sid` all sessions of
 * that person. At least one of the two is given.
 */
export type ProviderSessionEnd = Partial<ProviderSession> & Pick<ProviderSession, 'issuer'>;
