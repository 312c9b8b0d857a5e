import type { UserAccount } from '../../storage/user-directory.port.js';

/**
 * The key under which failures of an account are counted: the typed text without differences that a
 * column's collation may ignore (case, width, accents, punctuation, invisible characters) and
 * without the tag after a plus. It is the same for accounts that do not exist, so it reveals
 * nothing. Two accounts of a tenant that differ in nothing else share their counters.
 */
export function accountKey(typed: string, tenant?: string): string {
  const bare = bareOf(typed);
  return tenant === undefined ? bare : JSON.stringify([tenant, bare]);
}

/** Uses the directory's own spelling of the account, and its tenant if the directory tells it. */
export function accountKeyOf(account: UserAccount, claimedTenant?: string): string {
  return accountKey(signInName(account), account.tenant ?? claimedTenant);
}

/** What the user signs in with, if the directory tells it. */
export function signInName({ identifier, email, id }: UserAccount): string {
  return identifier || email || id;
}

function bareOf(typed: string): string {
  const folded = typed
    .normalize('NFKD')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD');
  const bare = folded.replace(/\+[^@]*/u, '').replace(/[^\p{L}\p{N}@]/gu, '');
  return /[\p{L}\p{N}]/u.test(bare) ? bare : folded;
}
