interface ToUser {
  /** The address to mail. */
  readonly to: string;
  readonly userId: string;
  readonly name?: string;
}

interface WithLink extends ToUser {
  /** 43 characters of base64url. Only the addressee may see it. */
  readonly token: string;
  /** `accounts.url` with the kind and the token filled in; undefined without that option. */
  readonly url?: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** A message to mail. The host writes its text. Only the kinds with a `token` hold a secret. */
export type AccountMail =
  /** Somebody asked for a new password, a sign-in without one, or a proof of the address. */
  | ({ readonly kind: 'password_reset' } & WithLink)
  | ({ readonly kind: 'magic_link' } & WithLink)
  | ({ readonly kind: 'email_verify' } & WithLink)
  /** Goes to the new address; `previous` is the present one. */
  | ({ readonly kind: 'email_change'; readonly previous: string } & WithLink)
  /** Goes to the present address: somebody asked to change it to `newEmail`. */
  | ({ readonly kind: 'email_change_notice'; readonly newEmail: string } & ToUser)
  /** Goes to the owner of an address: another user asked to change their own email to it. */
  | ({ readonly kind: 'email_taken_notice' } & ToUser)
  | ({ readonly kind: 'password_changed'; readonly at: string } & ToUser)
  /**
   * A second factor was added or removed, or the owner’s session made an API key. `what` says which and how: `totp
   * added`, `API key added`.
   */
  | ({ readonly kind: 'factor_changed'; readonly what: string; readonly at: string } & ToUser)
  /** A sign-in from a browser or app that never signed in to the account before. */
  | ({
      readonly kind: 'new_device';
      readonly at: string;
      readonly ip?: string;
      readonly userAgent?: string;
    } & ToUser);

export type AccountMailKind = AccountMail['kind'];
export type LinkKind = Extract<AccountMail, { readonly token: string }>['kind'];
