import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, staysLinear, textOf } from '../../../../test/support/fuzz.js';
import { parseMessage } from './events.adapter.js';

const WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"type"',
  '"auth"',
  '"token"',
  ':',
  ',',
  '"',
  '\\',
  'null',
  '1',
  '"__proto__"',
  '"\u0000"',
  ' ',
];

describe('messages of a socket, fuzzed', () => {
  fuzz('a message has a type that is text, or is refused', {
    inputs: fc.oneof(
      textOf(WORDS, 12),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    ),
    check: (data) => {
      const message = parseMessage(data);
      if (!message) return;
      must(
        typeof message.event === 'string' &&
          typeof message.data === 'object' &&
          message.data !== null,
        'no message',
      );
      must((JSON.parse(String(data)) as { type: unknown }).type === message.event, 'another type');
    },
  });

  staysLinear('a message', WORDS, parseMessage);
});
