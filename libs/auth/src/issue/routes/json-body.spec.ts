import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { jsonBodyOf } from './json-body.js';

const body = { email: 'a@b' };
const request = (headers: HttpRequest['headers'], parsed: unknown = body): HttpRequest => ({
  headers,
  body: parsed,
});

describe('a JSON body', () => {
  it.each<[string, HttpRequest['headers']]>([
    ['plain', { 'content-type': 'application/json', 'content-length': '9' }],
    [
      'with a charset',
      { 'content-type': 'application/json; charset=utf-8', 'content-length': '9' },
    ],
    [
      'with a quoted charset',
      { 'content-type': 'application/json; charset="UTF-8"', 'content-length': '9' },
    ],
    ['in another case', { 'content-type': 'Application/JSON', 'content-length': '9' }],
    ['of a +json type', { 'content-type': 'application/vnd.acme.v1+json', 'content-length': '9' }],
    ['chunked', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }],
    ['over HTTP/2 without a length', { 'content-type': 'application/json' }],
  ])('is read: %s', (_, headers) => {
    expect(jsonBodyOf(request(headers))).toBe(body);
  });

  it.each<[string, HttpRequest['headers']]>([
    ['nothing said', {}],
    ['no length', { 'content-length': '0' }],
    [
      'an empty form',
      { 'content-length': '0', 'content-type': 'application/x-www-form-urlencoded' },
    ],
    ['chunked by a proxy', { 'transfer-encoding': 'chunked' }],
    [
      'a form over HTTP/2 without a length: not read',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
  ])('is empty: %s', (_, headers) => {
    expect(jsonBodyOf(request(headers))).toEqual({});
  });

  it.each<[string, string]>([
    ['UTF-16', 'application/json; charset=utf-16'],
    ['UTF-16, byte order named', 'application/json;charset=UTF-16LE'],
    ['UTF-7', 'application/json; charset="utf-7"'],
    ['UTF-32', 'application/vnd.acme+json; Charset = utf-32'],
    ['Latin-1', 'application/json; charset=iso-8859-1'],
    ['two of them', 'application/json; charset=utf-8; charset=utf-16'],
    ['none at all', 'application/json; charset='],
  ])('is refused in another charset: %s', (_, type) => {
    const read = () => jsonBodyOf(request({ 'content-type': type, 'content-length': '9' }));
    expect(read).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
  });

  it('is empty when the parser left no body', () => {
    for (const left of [undefined, null])
      expect(jsonBodyOf({ headers: { 'content-type': 'application/json' }, body: left })).toEqual(
        {},
      );
  });

  const typed = (text: string) => ({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  });
  it.each<[string, HttpRequest]>([
    ['not parsed', { headers: typed('{}'), body: undefined }],
    ['left as raw bytes', request(typed('{}'), Buffer.from('{}'))],
    ['left as text', request(typed('{"name":"Zoë"}'), '{"name":"Zoë"}')],
  ])('that the host has %s is the fault of the host, and the log says so', (what, unparsed) => {
    const fault = { reason: 'body_not_parsed', detail: expect.stringContaining(`was ${what}`) };
    expect(() => jsonBodyOf(unparsed)).toThrow(expect.objectContaining(fault));
  });

  it('that is a JSON string, once or twice encoded, is the fault of the caller', () => {
    for (const value of ['a', '{"email":"a@b"}'])
      expect(jsonBodyOf(request(typed(JSON.stringify(value)), value))).toBe(value);
  });

  // T-w9ch
  it.each<[string, string, HttpRequest['headers']]>([
    ['compressed to its own length', 'a'.repeat(40), { 'content-encoding': 'gzip' }],
    ['in Latin-1, without its quotes as long as with them', '\uFFFD', {}],
  ])('that is a JSON string %s is the fault of the caller', (_, value, headers) => {
    expect(jsonBodyOf(request({ ...typed(value), ...headers }, value))).toBe(value);
  });

  it.each<[string, HttpRequest['headers']]>([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '9' }],
    [
      'a chunked form',
      { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' },
    ],
    [
      'multipart',
      { 'content-type': 'multipart/form-data; boundary=application/json', 'content-length': '9' },
    ],
    ['text', { 'content-type': 'text/plain', 'content-length': '9' }],
    ['a list of types', { 'content-type': 'text/plain, application/json', 'content-length': '9' }],
    [
      'JSON as a parameter',
      { 'content-type': 'text/plain; x=application/json', 'content-length': '9' },
    ],
    ['a longer type', { 'content-type': 'application/jsonx', 'content-length': '9' }],
    ['no type', { 'content-length': '9' }],
  ])('is refused: %s', (_, headers) => {
    expect(() => jsonBodyOf(request(headers))).toThrow('body: must be sent as application/json');
  });
});
