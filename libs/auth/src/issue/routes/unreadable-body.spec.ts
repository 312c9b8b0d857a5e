import { describe, expect, it } from '@jest/globals';
import { refusalOfUnreadable } from './unreadable-body.js';

const failed = (name: 'code' | 'type', value: string, statusCode: number) =>
  Object.assign(new Error('it quotes what was sent'), { [name]: value, statusCode });

describe('an error of a body parser', () => {
  it.each([
    ['Express, of a body that is cut off', failed('type', 'entity.parse.failed', 400), 400],
    ['Express, of a body that is too large', failed('type', 'entity.too.large', 413), 413],
    ['Fastify, of an empty body', failed('code', 'FST_ERR_CTP_EMPTY_JSON_BODY', 400), 400],
    ['zlib, of a body that is not gzip', failed('code', 'Z_DATA_ERROR', 400), 400],
    ['@fastify/compress, of the same', failed('code', 'FST_CP_ERR_INVALID_CONTENT', 400), 400],
    [
      '@fastify/compress, of an unknown encoding',
      failed('code', 'FST_CP_ERR_INVALID_CONTENT_ENCODING', 415),
      415,
    ],
  ])('becomes a refusal: %s', (_of, error, status) => {
    const refusal = refusalOfUnreadable(error);
    expect(refusal?.getStatus()).toBe(status);
    expect(refusal?.message).not.toContain('quotes');
  });

  it.each([
    ['that is the host’s own', failed('code', 'E_ORDER', 400)],
    ['of the server', failed('type', 'stream.encoding.set', 500)],
    ['that is no error', { code: 'FST_CP_ERR_INVALID_CONTENT', statusCode: 400 }],
  ])('is left alone: one %s', (_which, error) => {
    expect(refusalOfUnreadable(error)).toBeUndefined();
  });
});
