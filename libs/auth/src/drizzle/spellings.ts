import { sql, type SQL } from 'drizzle-orm';
import { normaliseEmail } from '../common/normalise-email.js';
import { type Named, typeOf } from './user-columns.js';

const ASCII_CAPITALS = /[A-Z]+/g;
/** What of a name an input method for Japanese or Chinese writes in full width: all of it, letters and digits, or letters. */
const WIDE = [/[!-~]/g, /[0-9A-Za-z]/g, /[A-Za-z]/g];
const widthsOf = (text: string): readonly string[] =>
  WIDE.map((wide) => text.replaceAll(wide, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)));
const titled = (text: string): string =>
  text.replaceAll(/(?<!\p{L}\p{M}*)\p{L}/gu, (each) => each.toUpperCase());

/**
 * How a column may hold what sign-in has normalised, where something else wrote it: composed, decomposed or in full width, and in capitals, which
 * `lower` leaves as they are outside of ASCII where the collation is "C". NFC makes one letter of İ, which JavaScript takes apart.
 */
export function spellingsOf(name: string): readonly string[] {
  const usual = normaliseEmail(name);
  const cased = [usual, usual.toUpperCase().normalize('NFC'), titled(usual).normalize('NFC')];
  const widths = cased.flatMap((each) => [each, each.normalize('NFD'), ...widthsOf(each)]);
  return [...new Set([name, ...widths])];
}

/** Whether a value of a column is one of those spellings of `name`: an index on `lower(column)` serves, and on a citext column its own. */
export function isSpelled(column: Named, name: string): SQL {
  const held = sql`a.${sql.identifier(column.name)}`;
  const spellings = spellingsOf(name);
  // what `lower` makes of them by the collation of the database, and by "C", which the column may have
  const asC = spellings.map((each) => each.replace(ASCII_CAPITALS, (capitals) => capitals.toLowerCase()));
  const lowered = sql`select lower(s) from ${texts(spellings)} s union select s from ${texts(asC)} s`;
  if (isCitext(column)) return sql`${held} = any(array(${lowered})::${sql.raw(typeOf(column))}[])`;
  return sql`lower(${held}) = any(array(${lowered}))`;
}

/** As one text: a transaction of the host's takes no arrays. */
const texts = (values: readonly string[]): SQL =>
  sql`jsonb_array_elements_text(${JSON.stringify(values)}::text::jsonb)`;

/** It compares without case by itself, and has its unique index on the column as it is. */
export function isCitext(column: Named): boolean {
  return /^(?:"?\w+"?\.)?"?citext"?$/i.test(typeOf(column));
}

/** Whether the database itself takes the column's value for `name`, by its own rule of case. */
export function isPlainly(column: Named, name: string): SQL {
  return sql`lower(a.${sql.identifier(column.name)}) = lower(${name}::text)`;
}
