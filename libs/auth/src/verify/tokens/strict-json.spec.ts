import { describe, expect, it } from '@jest/globals';
import { parseStrictJson } from './strict-json.js';

const around = (...bytes: number[]) =>
  Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);

describe('the JSON of a token', () => {
  it('accepts UTF-8 of one to four bytes', () => {
    const text = '{"a":"z\u00e9\u20ac\u{1f600}"}';
    expect(parseStrictJson(Buffer.from(text))?.value).toEqual(JSON.parse(text));
  });

  it.each([
    ['null', '{"a":null,"b":[null]}'],
    ['null after an object', '{"x":{"a":1},"y":null}'],
    ['blanks', ' {\n"a" : "b" ,\t"c": { } }\r\n'],
    ['escapes', '{"\\"":"\\\\","a\\":":"\\":"}'],
    ['texts that look like members', '{"a":"\\"b\\":1","c":"d:e"}'],
    ['an empty name', '{"":""}'],
  ])('is read as JSON.parse reads it: %s', (_, text) => {
    expect(parseStrictJson(Buffer.from(text))?.value).toEqual(JSON.parse(text));
  });

  // a decoder that writes U+FFFD instead would map many tokens to one text
  // T-h3tw
  it.each<[string, number[]]>([
    ['Latin-1', [0xe9]],
    ['a character that was cut short', [0xe2, 0x82]],
    ['a byte in the middle alone', [0x80]],
    ['a longer form of a slash', [0xc0, 0xaf]],
    ['a longer form of NUL', [0xe0, 0x80, 0x80]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['what lies beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that UTF-8 has not', [0xff]],
  ])('is refused with %s, which is not UTF-8', (_, bytes) => {
    expect(parseStrictJson(around(...bytes))).toBeUndefined();
  });

  it.each([
    // T-w2tc
    ['a byte order mark', Buffer.from('\ufeff{"a":1}')],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16 with a mark', Buffer.from('\ufeff{"a":1}', 'utf16le')],
  ])('is refused with %s', (_, bytes) => {
    expect(parseStrictJson(bytes)).toBeUndefined();
  });

  // T-fnx6
  it.each([
    ['outermost', '{"a":1,"a":1}'],
    ['in escapes', '{"a":1,"\\u0061":1}'],
    ['within', '{"x":{"a":1,"b":2,"a":1}}'],
    ['within a list', '{"x":[{"a":1,"a":1}]}'],
    ['__proto__', '{"__proto__":1,"__proto__":1}'],
    ['before blanks', '{"a" \t\r\n : 1,"b":2, "a":1}'],
    ['after a name that holds quotes', '{"\\"x\\":":0,"a":1,"a":1}'],
  ])('is refused where an object repeats a member: %s', (_, text) => {
    expect(parseStrictJson(Buffer.from(text))).toBeUndefined();
    expect(
      parseStrictJson(Buffer.from(text.replace(/"(?:a|\\u0061|__proto__)":1}/, '"c":1}'))),
    ).toBeDefined();
  });

  it.each(['[]', '"a"', '1', 'null', 'true', '', '{', '{"a":}'])('is an object: not %j', (text) => {
    expect(parseStrictJson(Buffer.from(text))).toBeUndefined();
  });

  it.each([
    ['nowhere', '{"a":{"b":[1]},"proto__":1}', false],
    ['outermost', '{"__proto__":{}}', true],
    ['deep inside', '{"a":[{"b":{"__proto__":1}}]}', true],
    ['as a value', '{"a":"__proto__"}', false],
  ])('says whether a member is named __proto__: %s', (_, text, names) => {
    expect(parseStrictJson(Buffer.from(text))?.namesPrototype).toBe(names);
  });
});
