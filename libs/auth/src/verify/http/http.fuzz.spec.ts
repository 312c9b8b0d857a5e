import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, staysLinear, textOf } from '../../../../../test/support/fuzz.js';
import { networkOf } from '../../common/address.js';
import { clientOf, type HttpRequest } from './adapter.js';
import { judgeOrigin, normaliseOrigin } from './origin-policy.js';
import { presentedAccessToken, presentedCookie } from './token-extractor.js';

const NAME = 'access_token';
const COOKIES = [
  NAME,
  'Access_Token',
  'access',
  '_token',
  '=',
  ';',
  ' ',
  '\t',
  ',',
  '"',
  'abc',
  '%3d',
  '\u00a0',
  '\u0000',
  '\u00e9',
  '$Version',
];
const HEADER = [
  'Bearer',
  'bEaReR',
  'Basic',
  ' ',
  '\t',
  ',',
  'abc',
  'a.b.c',
  '=',
  '==',
  '"',
  '\u00a0',
  '\n',
  '\u00e9',
];

describe('cookies, fuzzed', () => {
  // T-6228
  fuzz('one cookie of the name is taken, two are refused', {
    // a text of random single characters would never hold the name twice
    inputs: textOf([...COOKIES, `${NAME}=`, `; ${NAME}=a`], 18),
    check: (cookie) => {
      const values = cookie.split(';').flatMap((pair) => {
        const at = pair.indexOf('=');
        const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');
        return at >= 0 && trimmed(pair.slice(0, at)) === NAME ? [trimmed(pair.slice(at + 1))] : [];
      });
      const read = presentedCookie({ headers: { cookie } }, NAME);
      if (values.length > 1) must(read.kind === 'repeated', 'took one of two');
      else if (values[0]) must(read.kind === 'value' && read.value === values[0], 'took another');
      else must(read.kind === 'none', 'took one that is not there');
    },
  });
  staysLinear('a cookie header', COOKIES, (cookie) =>
    presentedCookie({ headers: { cookie } }, NAME),
  );
});

describe('the Authorization header, fuzzed', () => {
  fuzz('exactly one credential is a token, whatever its characters: the verifier judges them', {
    inputs: fc.array(textOf(HEADER, 7), { minLength: 1, maxLength: 2 }),
    check: (values) => {
      const rawHeaders = values.flatMap((value) => ['Authorization', value]);
      const read = presentedAccessToken(
        { headers: { authorization: values[0] }, rawHeaders },
        NAME,
      );
      const [, token] = /^bearer +([^ ,]+)$/is.exec(values[0] ?? '') ?? [];
      if (values.length === 1 && token !== undefined)
        must(read.kind === 'token' && read.value === token, 'lost');
      else must(read.kind !== 'token', 'took what is not a token');
    },
  });
  staysLinear('an Authorization header', HEADER, (text) =>
    presentedAccessToken({ headers: { authorization: `Bearer ${text}` } }, NAME),
  );
});

const OURS = 'https://app.example';
const TRUSTED = 'https://trusted.example:8443';
const settings = { trusted: new Set([TRUSTED]), trustProxy: false };
const ORIGIN = [
  'https://',
  'http://',
  'HTTPS://',
  'app.example',
  'APP.example',
  'trusted.example',
  ':8443',
  ':443',
  ':80',
  '.',
  'evil.example',
  '@',
  '/',
  '\\',
  '#',
  '?',
  '%2e',
  'null',
  ' ',
  '\t',
  ',',
  '\u3002',
  'javascript:',
  'capacitor://',
];

describe('origins, fuzzed', () => {
  // T-mh34
  fuzz('what passes is ours, trusted, or no browser of another site', {
    inputs: fc.tuple(
      fc.option(textOf(ORIGIN, 6), { nil: undefined }),
      fc.constantFrom(undefined, 'same-origin', 'same-site', 'cross-site', 'none', 'x', ''),
    ),
    check: ([origin, site]) => {
      const headers = {
        host: 'app.example',
        ...(origin !== undefined && { origin }),
        ...(site !== undefined && { 'sec-fetch-site': site }),
      };
      const verdict = judgeOrigin(
        { method: 'POST', headers, socket: { encrypted: true } },
        settings,
      );
      const named = origin !== undefined && URL.canParse(origin) ? new URL(origin) : undefined;
      const welcome = named !== undefined && [OURS, TRUSTED].includes(named.origin);
      const alone = origin === undefined && site === undefined;
      must(
        verdict === 'cross_origin' || welcome || alone || site === 'same-origin' || site === 'none',
        'passes',
      );
      if (origin === OURS || origin === TRUSTED) must(verdict === 'passes', 'our own is refused');
    },
  });
  fuzz('a normalised origin is one, and stays as it is', {
    inputs: fc.oneof(textOf(ORIGIN, 6), fc.string()),
    check: (text) => {
      const origin = normaliseOrigin(text);
      if (origin === undefined) return;
      must(normaliseOrigin(origin) === origin, 'changes again');
      must(!/[\s/?#@\\,]/.test(origin.slice(origin.indexOf('://') + 3)), 'more than an origin');
    },
  });
  staysLinear('an origin', ORIGIN, (text) => normaliseOrigin(`https://${text}`));
});

describe('forwarded addresses, fuzzed', () => {
  const words = [
    '1',
    '255',
    '256',
    '.',
    ':',
    '::',
    'ffff',
    '::ffff:',
    'fe80',
    '%eth0',
    '%',
    '/64',
    ' ',
    '10.0.0.1',
    'g',
    '\u0661',
  ];
  fuzz('an address is one that Postgres takes, or none', {
    inputs: textOf(words, 9),
    check: (ip) => {
      const network = networkOf(ip);
      must(network === 'none' || /^[\d.]{7,15}$|^[\da-f:]+::\/64$/.test(network), network);
      const client = clientOf({ headers: {}, ip } as HttpRequest);
      must(client.ip === undefined || /^[\da-f.:]+$/i.test(client.ip), client.ip ?? '');
    },
  });
  staysLinear('an address', words, networkOf);
});
