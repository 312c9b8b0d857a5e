import { readFileSync } from 'node:fs';
import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, staysLinear, textOf } from '../../../../test/support/fuzz.js';
import { readConfig } from './demo-config.js';
import type { Environment } from './environment.js';
import { StartError } from '../../../../tools/embedded-postgres/start-error.js';

/** Those of `.env.example`, which another spec holds to what is read. */
const example = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
const NAMES = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
const MARK = 'zq7mark';
const VALUES = [
  '',
  ' ',
  ',',
  ':',
  '/',
  '0',
  '1',
  '15',
  'm',
  's',
  'd',
  '10/100/100/15m',
  'off',
  'true',
  'false',
  'https://',
  'a.example',
  '*',
  'RS256',
  'HS256',
  'none',
  '{"keys":[',
  ']}',
  '-----BEGIN X-----',
  '-----END X-----',
  '\\n',
  '\n',
  '10.0.0.0/8',
  '::1',
  'loopback',
  '@',
  'user',
  'lax',
  '__Host-',
  'k:',
  'A'.repeat(43),
  MARK,
  '\u0000',
  '\u00e9',
];

const environments: fc.Arbitrary<Environment> = fc
  .array(fc.tuple(fc.nat(NAMES.length - 1), textOf(VALUES, 4)), { minLength: 1, maxLength: 4 })
  .map((list) => Object.fromEntries(list.map(([at, value]) => [NAMES[at], value])));

function attempt(environment: Environment): unknown {
  try {
    return readConfig(environment);
  } catch (error) {
    return error;
  }
}

describe('the environment, fuzzed', () => {
  fuzz('a configuration that makes sense, or one line that names the variable and not its value', {
    inputs: environments,
    check: (environment) => {
      const read = attempt(environment);
      if (!(read instanceof Error)) return;
      must(read instanceof StartError, `crashed: ${read.message}`);
      const { message } = read;
      must(
        /^[A-Z_]+ /.test(message) && NAMES.includes(message.split(' ')[0] ?? ''),
        `names none: ${message}`,
      );
      must(!message.includes('\n') && !message.includes(MARK), `quotes it: ${message}`);
    },
  });

  for (const name of NAMES)
    staysLinear(name, ['1', 'a.', ',', ':', '/', 'a@b:c:d,', '{', 'https://a'], (text) =>
      attempt({ [name]: text }),
    );
});
