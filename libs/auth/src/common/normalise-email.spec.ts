import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normaliseEmail } from './normalise-email.js';

describe('normaliseEmail', () => {
  it.each([
    ['  Ada@Example.COM ', 'ada@example.com'],
    ['ada＠example．com', 'ada@example.com'],
    ['ﬁona@example.com', 'fiona@example.com'],
    ['\u00a0ada@example.com\u3000', 'ada@example.com'],
  ])('%j → %j', (written, expected) => {
    expect(normaliseEmail(written)).toBe(expected);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normaliseEmail(normaliseEmail(text))).toBe(normaliseEmail(text));
      }),
    );
  });
});
