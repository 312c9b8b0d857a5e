import ms, { type StringValue } from 'ms';

/** `'900s'`, `'15m'`, `'30d'`; a bare number, also as text, is seconds. */
export type Duration = string | number;

const WRITTEN = /^(\d{1,12})(?:\s?(ms|s|m|h|d|w))?$/;

/** Milliseconds of a written duration, or undefined when it is not a duration. Fractions and signs are refused. */
export function parseDuration(value: Duration): number | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 ? value * 1000 : undefined;
  // the configuration may come from JavaScript or JSON
  if (typeof value !== 'string') return undefined;
  const match = WRITTEN.exec(value.trim());
  if (!match) return undefined;
  const parsed = match[2] ? ms(match[0].replace(' ', '') as StringValue) : Number(match[1]) * 1000;
  return Number.isSafeInteger(parsed) ? parsed : undefined;
}
