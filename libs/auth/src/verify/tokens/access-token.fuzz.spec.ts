import { createHmac, randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import fc from 'fast-check';
import {
  fuzz,
  jsonOf,
  mutantsOf,
  must,
  staysLinear,
  textOf,
} from '../../../../../test/support/fuzz.js';
import {
  AUDIENCE,
  b64,
  forge,
  goodClaims,
  ISSUER,
  makeBench,
  makeKey,
  NOW,
} from './forge.fixture.js';
import { parseCompactJws } from './jws.js';
import { type JsonObject, parseStrictJson } from './strict-json.js';
import { checkClaims, checkHeader } from './verification-policy.js';
import {
  changesOf,
  isGoodHeader,
  isGoodPayload,
  repeated,
  throughJson,
} from './token-oracle.fixture.js';

const secret = randomBytes(64);
const { verifier } = makeBench({ algorithm: 'HS256', secret, keyId: 'main' }, { cacheSize: 0 });
const remembering = makeBench({ algorithm: 'HS256', secret, keyId: 'main' }).verifier;
const RULES = { issuer: ISSUER, audiences: [AUDIENCE], clockToleranceSeconds: 30 };
const header = { alg: 'HS256', kid: 'main', typ: 'at+jwt' };
const good = forge(
  header,
  goodClaims({ role: 'user', permissions: ['a'], auth_time: NOW, amr: ['pwd'] }),
  secret,
  'HS256',
);
const [head = '', body = '', signature = ''] = good.split('.');

const accepts = (token: string): boolean => verifier.verify(token).kind === 'accepted';
const refuses = (token: string): void => {
  must(!accepts(token), 'accepted');
};
const sign = (input: string): string =>
  `${input}.${createHmac('sha256', secret).update(input, 'latin1').digest('base64url')}`;

const CLAIMS = [
  'iss',
  'aud',
  'sub',
  'sid',
  'jti',
  'iat',
  'nbf',
  'exp',
  'tokenVersion',
  'role',
  'permissions',
  'auth_time',
  'amr',
  'other',
];
const MEMBERS = ['alg', 'kid', 'typ', 'crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u', 'cty', 'x'];
const ALPHABET = 'ABab01-_.=+/ \n\u0000\u00e9\u0100\ud800';

describe('access tokens, fuzzed', () => {
  // T-jpch
  fuzz('no changed token is accepted, remembered or not', {
    inputs: mutantsOf([good], ALPHABET),
    check: (token) => {
      must(accepts(token) === (token === good), 'accepted');
      must((remembering.verify(token).kind === 'accepted') === (token === good), 'remembered');
    },
  });

  fuzz('no text is accepted', {
    inputs: textOf(
      [head, body, signature, '.', '..', 'e30', '=', 'A', b64('{"alg":"none"}'), b64('{"'), ' '],
      8,
    ),
    check: (token) => {
      if (token !== good) refuses(token);
    },
  });

  fuzz('bytes that the right key signed are accepted only when they say the same', {
    inputs: mutantsOf([head, body], ALPHABET),
    // each is two tokens
    share: 0.5,
    check: (part) => {
      // an issuer that signs rubbish; a text that does not parse is refused without a signature check
      for (const input of [`${part}.${body}`, `${head}.${part}`]) {
        if (parseCompactJws(`${input}.AA`).kind === 'malformed' || !accepts(sign(input))) continue;
        const parts = input.split('.').map((text) => Buffer.from(text, 'base64url'));
        must(parts.length === 2 && parts.map(b64).join('.') === input, 'not canonical');
        const [first, second] = parts.map((bytes) => JSON.parse(bytes.toString()) as JsonObject);
        must(isGoodHeader(first as JsonObject) && isGoodPayload(second as JsonObject), 'not right');
      }
    },
  });

  const changedClaims = changesOf(CLAIMS).map((changes) =>
    throughJson({ ...goodClaims(), ...changes }),
  );
  // T-355c
  fuzz('claims are accepted only when they are right', {
    inputs: changedClaims,
    check: (payload) => {
      const accepted = checkClaims(payload, RULES, NOW * 1000, 'enforced').kind === 'accepted';
      must(accepted === isGoodPayload(payload), accepted ? 'accepted' : 'refused');
    },
  });

  const changedHeaders = changesOf(MEMBERS).map((changes) =>
    throughJson({ ...header, ...changes }),
  );
  // T-qq4j
  fuzz('headers are accepted only when they are right', {
    inputs: changedHeaders,
    check: (members) => {
      const checked = checkHeader(members);
      const accepted =
        checked.kind === 'accepted' && checked.kid === 'main' && checked.alg === 'HS256';
      must(accepted === isGoodHeader(members), accepted ? 'accepted' : 'refused');
    },
  });

  fuzz('the verifier accepts no more than its parts', {
    inputs: fc.tuple(changedHeaders, changedClaims),
    share: 0.05,
    check: ([members, payload]) => {
      const right = isGoodHeader(members) && isGoodPayload(payload);
      must(
        accepts(forge(members, payload, secret, 'HS256')) === right,
        right ? 'refused' : 'accepted',
      );
    },
  });

  // T-skxq
  fuzz('JSON is read as JSON.parse reads it, and refused when an object repeats a member', {
    inputs: fc.tuple(
      jsonOf(
        [0, 'a"\\', '{"a":1,"a":2}', true, null, '\u00e9'],
        ['a', 'b', 'a"', '\\', '__proto__x'],
      ),
      fc.nat(),
      fc.boolean(),
    ),
    check: ([value, where, escape]) => {
      const object = { a: 0, value };
      const text = JSON.stringify(object);
      const read = parseStrictJson(Buffer.from(text));
      must(read !== undefined && JSON.stringify(read.value) === text, 'read otherwise');
      const twice = repeated(text, where, escape);
      must(parseStrictJson(Buffer.from(twice)) === undefined, `took ${twice}`);
    },
  });

  fuzz('bytes that are not a JSON object are refused', {
    inputs: fc.uint8Array({ maxLength: 24 }),
    check: (bytes) => {
      const read = parseStrictJson(Buffer.from(bytes));
      if (read) JSON.parse(Buffer.from(bytes).toString());
    },
  });

  const es = makeKey('ES256');
  const asymmetric = makeBench(
    { algorithm: 'ES256', privateKey: es.privateKey, keyId: 'main' },
    { cacheSize: 0 },
  );
  const goodEs = forge({ ...header, alg: 'ES256' }, goodClaims(), es.privateKey, 'ES256');
  const signed = goodEs.slice(0, goodEs.lastIndexOf('.') + 1);
  const signatures = fc.oneof(
    mutantsOf([goodEs.slice(signed.length)], 'ABab01-_'),
    fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => b64(Buffer.from(bytes))),
    fc.constantFrom(...[0, 1, 0x7f, 0xff].map((byte) => b64(Buffer.alloc(64, byte)))),
  );
  // T-k7gs
  fuzz('no other bytes are a signature', {
    inputs: signatures,
    share: 0.05,
    check: (text) => {
      const accepted = asymmetric.verifier.verify(signed + text).kind === 'accepted';
      must(accepted === (signed + text === goodEs), 'accepted');
    },
  });

  staysLinear('a token', ['.', 'A', 'e30.', '=', '\u0000'], (text) => verifier.verify(text));
  staysLinear('JSON', ['{"a":', '[', '"', '\\', ' ', '{"a":1},', '"\\u0061",'], (text) => {
    parseStrictJson(Buffer.from(text));
    parseStrictJson(Buffer.from(`{"x":[${text}1]}`));
    parseStrictJson(Buffer.from(`{"x":${JSON.stringify(text)}}`));
  });
});
