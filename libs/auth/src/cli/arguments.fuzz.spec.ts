import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, textOf } from '../../../../test/support/fuzz.js';
import { algorithmOf, bitsOf, durationOf, readArguments } from './arguments.js';
import { UsageError } from './io.js';

const WORDS = [
  '--',
  '-',
  'keys',
  'generate',
  'json',
  'bits',
  'out',
  'yes',
  'help',
  'h',
  'lead-time',
  '=',
  '2048',
  '15m',
  'RS256',
  'none',
  'zq7mark',
  ' ',
  "'",
  '\u0000',
];

describe('command-line arguments, fuzzed', () => {
  fuzz('words and options, or a refusal that names no value', {
    inputs: fc.array(textOf(WORDS, 3), { maxLength: 5 }),
    check: (argv) => {
      const given = attempt(() => readArguments(argv));
      must(!(given instanceof UsageError) || !given.message.includes('zq7mark'), 'quotes it');
    },
  });

  fuzz('a value is one that is allowed, or refused', {
    inputs: textOf(WORDS, 3),
    check: (text) => {
      const bits = attempt(() => bitsOf(text));
      must(typeof bits !== 'number' || (bits >= 2048 && bits <= 16_384), 'bits');
      attempt(() => algorithmOf(text));
      attempt(() => durationOf('keep', text));
    },
  });
});

/** Anything else thrown is a crash. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}
