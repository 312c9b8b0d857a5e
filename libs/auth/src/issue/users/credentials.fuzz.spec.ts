import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, staysLinear, textOf } from '../../../../../test/support/fuzz.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { passwordBytes } from './password-text.js';

describe('credentials, fuzzed', () => {
  const letters = fc.string({ unit: 'binary', maxLength: 40 });
  // T-cc4d
  fuzz('a password is hashed whole, or not at all', {
    inputs: fc.oneof(
      letters,
      textOf(['\ufdfa', '\u0390', 'e\u0301', '\ufb03', '\u1f600', 'a', '\ud800'], 40),
    ),
    check: (text) => {
      const whole = Buffer.from(text.normalize('NFKC'), 'utf8');
      const bytes = passwordBytes(text, 64);
      must(whole.length > 64 ? bytes === undefined : bytes?.equals(whole) === true, 'cut');
    },
  });
  fuzz('an email is normalised once and for all', {
    inputs: letters,
    check: (text) => {
      const once = normaliseEmail(text);
      must(normaliseEmail(once) === once, 'changes again');
    },
  });

  staysLinear('a password', ['a', '\u0130', '\u0390', '\ufdfa', '\ud800'], (text) => {
    passwordBytes(text, 64);
    normaliseEmail(text);
  });
});
