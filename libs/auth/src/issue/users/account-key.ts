/**
 * What failures of an account are counted under: the text that was typed, without anything that a column's collation may pass over (case, width,
 * accents, punctuation, what is invisible) and without the tag after a plus. The same for accounts that exist and for those that do not, so it tells
 * nothing; two accounts that differ in nothing else share their counters.
 */
export function accountKey(typed: string): string {
  const folded = typed.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase().normalize('NFKD');
  const bare = folded.replace(/\+[^@]*/u, '').replace(/[^\p{L}\p{N}@]/gu, '');
  return /[\p{L}\p{N}]/u.test(bare) ? bare : folded;
}
