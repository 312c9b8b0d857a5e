import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { b64, forge, goodClaims, makeBench } from './forge.fixture.js';
import { parseCompactJws } from './jws.js';
import { parseStrictJson } from './strict-json.js';

const secret = randomBytes(64);
const { verifier } = makeBench({ algorithm: 'HS256', secret, keyId: 'main' });
const good = forge({ alg: 'HS256', kid: 'main', typ: 'at+jwt' }, goodClaims(), secret, 'HS256');

describe('parser, fuzzed', () => {
  // T-khgx
  it('does not throw or accept for any text', () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.string(),
      fc.json().map(b64),
      fc.uint8Array().map((bytes) => b64(Buffer.from(bytes))),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(text, (token) => {
        expect(verifier.verify(token).kind).toBe('refused');
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a token with a character changed, dropped or added', () => {
    const where = fc.nat(good.length - 1);
    const char = fc.oneof(
      fc.string({ minLength: 1, maxLength: 1 }),
      fc.constantFrom('A', '-', '_', '.', '=', '+', '\u00e9'),
    );
    const edit = fc.tuple(
      where,
      char,
      fc.constantFrom<'change' | 'drop' | 'add'>('change', 'drop', 'add'),
    );
    fc.assert(
      fc.property(edit, ([at, by, how]) => {
        const rest = good.slice(how === 'add' ? at : at + 1);
        const token = good.slice(0, at) + (how === 'drop' ? '' : by) + rest;
        fc.pre(token !== good);
        expect(verifier.verify(token).kind).toBe('refused');
      }),
      { numRuns: 2000 },
    );
  });

  it('reads any object as JSON.parse does, and refuses an object that repeats a member', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, name) => {
        const text = JSON.stringify(object);
        expect(parseStrictJson(Buffer.from(text))?.value).toEqual(JSON.parse(text));
        const twice = `{"x":[{${JSON.stringify(name)}:1, ${escaped(name)}\t:2}]}`;
        expect(parseStrictJson(Buffer.from(twice))).toBeUndefined();
        expect(parseStrictJson(Buffer.from(JSON.stringify(object, null, 2)))).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('distinguishes a member from a value that looks like one', () => {
    for (const text of [
      '{"a":"a","b":["a","a"],"c":{"a":1}}',
      '{"a":"\\"a\\":1,","b":"{\\"a\\":"}',
      '{"a\\\\":1,"a":2}',
    ]) {
      expect(parseStrictJson(Buffer.from(text))?.value).toEqual(JSON.parse(text));
    }
  });

  it('accepts at most 8,192 bytes, and survives deep nesting', () => {
    const of = (length: number) => 'e30.e30.'.padEnd(length, 'A');
    expect(parseCompactJws(of(8192)).kind).toBe('parsed');
    expect(parseCompactJws(of(8193))).toEqual({ kind: 'malformed', reason: 'oversized' });
    const deep = `{"x":${'['.repeat(2900)}${']'.repeat(2900)}}`;
    expect(parseCompactJws(`e30.${b64(deep)}.AA`).kind).toBe('parsed');
    expect(parseCompactJws(`e30.${b64('{"x":'.repeat(600))}.AA`).kind).toBe('malformed');
  });
});

const escaped = (name: string) =>
  `"${Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;
