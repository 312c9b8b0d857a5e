import type { HostTransaction } from './sql-transaction.port.js';

/**
 * What the account routes need from a user directory. With `tx`, each method must take part in that transaction if it
 * can.
 */
export interface AccountDirectory {
  /** The most characters of an email, if the directory allows fewer than the 320 of the routes. */
  readonly longestEmail?: number;
  /** Sets the hash, whatever it was before. Returns false if the user is gone. */
  setPasswordHash(id: string, hash: string, tx?: HostTransaction): Promise<boolean>;
  /**
   * Marks the email as verified if it still is `email` (lower case). Returns false if the user has another email now.
   */
  verifyEmail(id: string, email: string, tx?: HostTransaction): Promise<boolean>;
  /**
   * Replaces the email `from` (lower case) by `to`, which is verified: its owner holds the link. `taken`: another
   * user has it, in any spelling. `superseded`: the user is gone or has another email than `from`. `unfit`: the
   * directory cannot store such an address.
   */
  changeEmail(
    id: string,
    change: { readonly from: string; readonly to: string },
    tx?: HostTransaction,
  ): Promise<'changed' | 'taken' | 'superseded' | 'unfit'>;
}
