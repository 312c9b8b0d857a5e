import type { UserAccount } from '../../storage/user-directory.port.js';

/**
 * What failures of an account are counted under: the text that was typed, without anything that a column's collation may pass over (case, width,
 * accents, punctuation, what is invisible) and without the tag after a plus. The same for accounts that exist and for those that do not, so it tells
 * nothing; two accounts of a tenant that differ in nothing else share their counters.
 */
export function accountKey(typed: string, tenant?: string): string {
  const bare = bareOf(typed);
  return tenant === undefined ? bare : JSON.stringify([tenant, bare]);
}

/** By the directory's own spelling of the account and its tenant, where it tells them. */
export function accountKeyOf(account: UserAccount, claimedTenant?: string): string {
  return accountKey(signInName(account), account.tenant ?? claimedTenant);
}

/** What the user signs in with, as far as the directory tells. */
export function signInName({ identifier, email, id }: UserAccount): string {
  return identifier || email || id;
}

function bareOf(typed: string): string {
  const folded = typed.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase().normalize('NFKD');
  const bare = folded.replace(/\+[^@]*/u, '').replace(/[^\p{L}\p{N}@]/gu, '');
  return /[\p{L}\p{N}]/u.test(bare) ? bare : folded;
}
