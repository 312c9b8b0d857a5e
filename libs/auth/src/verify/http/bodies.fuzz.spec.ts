import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, jsonOf, must, staysLinear, textOf } from '../../../../../test/support/fuzz.js';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from './adapter.js';
import { RequestSchemas } from '../../issue/routes/request-schemas.service.js';
import { jsonBodyOf } from '../../issue/routes/json-body.js';

const TYPES = [
  'application/json',
  'application/',
  '+json',
  'json',
  'text/plain',
  'multipart/form-data',
  ';',
  ' ',
  '\t',
  'charset=utf-8',
  ',',
  'x',
  '.',
  '\u00e9',
];

describe('bodies, fuzzed', () => {
  // T-bbzq
  fuzz('what is not sent as JSON is not read', {
    inputs: fc.tuple(textOf(TYPES, 5), fc.constantFrom('0', '12', '', 'x')),
    check: ([type, length]) => {
      const request = {
        headers: { 'content-type': type, 'content-length': length },
        body: 'THE BODY',
      } as HttpRequest;
      const isJson = /^application\/([^\s;,/]+\+)?json[ \t]*(;|$)/i.test(type);
      must(isJson || readable(() => jsonBodyOf(request)) !== 'THE BODY', 'read');
    },
  });
  staysLinear('a content type', TYPES, (text) =>
    jsonBodyOf({ headers: { 'content-type': `application/${text}` } }),
  );

  const inputs = new RequestSchemas({
    passwords: { maxBytes: 64 },
    identifier: { name: 'email' },
    refreshToken: { retryWindowMs: 0 },
  } as ResolvedAuthOptions);
  const MARK = 'zq7-mark';
  const SCALARS = [
    MARK,
    `${MARK}@b.example`,
    `a@b\u0000${MARK}`,
    `${MARK}\ud800`,
    'a@b',
    '',
    ' a@b ',
    'x'.repeat(400),
    '\u{1f600}'.repeat(20),
    0,
    1e300,
    true,
    null,
    'cookie',
    'pigeon',
  ];
  const FIELDS = [
    'email',
    'password',
    'name',
    'rememberMe',
    'transport',
    'device',
    'refreshToken',
    'currentPassword',
    'newPassword',
    MARK,
  ];
  const members = fc.array(fc.tuple(fc.nat(FIELDS.length - 1), fc.nat(SCALARS.length - 1)), {
    maxLength: 7,
  });
  const bodies = fc.oneof(
    jsonOf(SCALARS, FIELDS),
    members.map((list) =>
      Object.fromEntries(list.map(([field, value]) => [FIELDS[field], SCALARS[value]])),
    ),
  );
  const ROUTES = ['register', 'login', 'refresh', 'password', 'reauthenticate'] as const;
  fuzz('an input is of the shape, or refused without its values', {
    inputs: fc.tuple(fc.nat(ROUTES.length - 1), bodies),
    check: ([route, body]) => {
      const read = readable(() => inputs.read(ROUTES[route] ?? 'login', body));
      if (read instanceof AuthError) {
        must(read.code === 'invalid_input' && !JSON.stringify(read).includes(MARK), 'quotes it');
        return;
      }
      const { email, password, newPassword } = read as Record<string, string | undefined>;
      must(email === undefined || /^[^\s@]+@[^\s@]+$/.test(email), 'no email');
      for (const secret of [password, newPassword])
        must(
          secret === undefined || (secret !== '' && Buffer.byteLength(secret) <= 64),
          'no password',
        );
    },
  });

  staysLinear('an email', ['a', '@', ' ', '.', '\u0130', '\u0390'], (text) => {
    inputs.read('login', { email: `a@${text}`, password: text });
  });
});

/** The result or the refusal of `act`; any other error is a crash. */
function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}
