import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, staysLinear, textOf } from '../../../../test/support/fuzz.js';
import { parseDuration } from './duration.js';

const WORDS = [
  '0',
  '1',
  '9',
  '15',
  '900',
  '999999999999',
  ' ',
  '\t',
  '\u00a0',
  'ms',
  's',
  'm',
  'h',
  'd',
  'w',
  'y',
  'M',
  '-',
  '+',
  '.',
  'e',
  'x',
  'n',
  ',',
  '\u0661',
];
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
  '': 1e3,
};

/** A second, independent implementation of what `parseDuration` promises. */
function expected(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]{1,12}) ?([a-z]*)$/.exec(text.trim()) ?? [];
  if (digits === undefined || !Object.hasOwn(UNITS, unit)) return undefined;
  const value = Number(digits) * (UNITS[unit] ?? NaN);
  return Number.isSafeInteger(value) && !(unit === '' && /\s$/.test(text.trim()))
    ? value
    : undefined;
}

describe('durations, fuzzed', () => {
  fuzz('a text is the duration it says, or none', {
    inputs: fc.oneof(textOf(WORDS, 5), fc.string({ maxLength: 12 })),
    check: (text) => {
      must(
        parseDuration(text) === expected(text),
        `${String(parseDuration(text))} is not ${String(expected(text))}`,
      );
    },
  });

  fuzz('a number is whole seconds, or none', {
    inputs: fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()),
    check: (value) => {
      const parsed = parseDuration(value);
      must(
        parsed === undefined || (Number.isInteger(value) && value >= 0 && parsed === value * 1000),
        'not whole seconds',
      );
    },
  });

  staysLinear('a duration', WORDS, parseDuration);
});
