import type { HostTransaction } from './host-transaction.js';

/** What the account routes need of a user directory. With `tx` each must take part in that transaction when it can. */
export interface AccountDirectory {
  /** How many characters an email may have, where the directory holds shorter ones than the 320 of the routes. */
  readonly longestEmail?: number;
  /** Sets the hash whatever it was, and where there was none; false for a user who is gone. */
  setPasswordHash(id: string, hash: string, tx?: HostTransaction): Promise<boolean>;
  /** Marks the email as verified while it still is `email` (lower case); false when it is another one now. */
  verifyEmail(id: string, email: string, tx?: HostTransaction): Promise<boolean>;
  /**
   * Replaces the email `from` (lower case) by `to`, which is verified: its owner holds the link. `taken`: another user has it in whatever spelling;
   * `superseded`: the user is gone or has another email than `from`; `unfit`: the directory does not hold such an address.
   */
  changeEmail(
    id: string,
    change: { readonly from: string; readonly to: string },
    tx?: HostTransaction,
  ): Promise<'changed' | 'taken' | 'superseded' | 'unfit'>;
}
