import { sql, type SQL } from 'drizzle-orm';
import { normaliseEmail } from '../common/normalise-email.js';
import { type Named, typeOf } from './user-columns.js';

const ASCII_CAPITALS = /[A-Z]+/g;
/**
 * The characters that an input method for Japanese or Chinese may write in full width: all of them,
 * letters and digits, or only letters.
 */
const WIDE = [/[!-~]/g, /[0-9A-Za-z]/g, /[A-Za-z]/g];
const widthsOf = (text: string): readonly string[] =>
  WIDE.map((wide) =>
    text.replaceAll(wide, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
  );
const titled = (text: string): string =>
  text.replaceAll(/(?<!\p{L}\p{M}*)\p{L}/gu, (each) => each.toUpperCase());

/**
 * A database whose encoding is not UTF-8 refuses a statement with a character that it cannot hold: full width and
 * decomposed ones first (`composed` has none), then capitals that it has no letter for (`itself`). No row has them.
 */
export type Reach = 'all' | 'composed' | 'itself';

/**
 * How a column may hold a normalised name if something else wrote it: composed, decomposed or in
 * full width, and in capitals, because `lower` does not change non-ASCII letters under the
 * collation "C". NFC turns İ into one letter, which JavaScript decomposes.
 */
export function spellingsOf(name: string, reach: Reach): readonly string[] {
  const usual = normaliseEmail(name);
  const cased = [usual, usual.toUpperCase().normalize('NFC'), titled(usual).normalize('NFC')];
  if (reach === 'composed') return [...new Set([name, ...cased])];
  if (reach === 'itself') return [name];
  const widths = cased.flatMap((each) => [each, each.normalize('NFD'), ...widthsOf(each)]);
  return [...new Set([name, ...widths])];
}

/**
 * Whether a column's value is one of the spellings of `name`. It uses an index on `lower(column)`,
 * or on a citext column its own.
 */
export function isSpelled(column: Named, name: string, reach: Reach): SQL {
  const held = sql`a.${sql.identifier(column.name)}`;
  const spellings = spellingsOf(name, reach);
  // `lower` by the collation of the database, and by "C", which the column may have
  const asC = spellings.map((each) =>
    each.replace(ASCII_CAPITALS, (capitals) => capitals.toLowerCase()),
  );
  const lowered = sql`select lower(s) from ${texts(spellings)} s union select s from ${texts(asC)} s`;
  if (isCitext(column)) return sql`${held} = any(array(${lowered})::${sql.raw(typeOf(column))}[])`;
  return sql`lower(${held}) = any(array(${lowered}))`;
}

/** As one text, because a transaction of the host accepts no arrays. */
const texts = (values: readonly string[]): SQL =>
  sql`jsonb_array_elements_text(${JSON.stringify(values)}::text::jsonb)`;

/** A citext column compares without case, and its unique index is on the column itself. */
export function isCitext(column: Named): boolean {
  return /^(?:"?\w+"?\.)?"?citext"?$/i.test(typeOf(column));
}

/**
 * Whether the database itself treats the column's value as `name`, by the column's own comparison.
 */
export function isPlainly(column: Named, name: string): SQL {
  return sql`lower(a.${sql.identifier(column.name)}) = lower(${name}::text)`;
}
