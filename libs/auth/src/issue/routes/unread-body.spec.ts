import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from '@jest/globals';
import { hasBytes } from './unread-body.js';

describe('whether a body has bytes', () => {
  it('is told by the first ones, which stay in it', async () => {
    const body = new PassThrough();
    const has = hasBytes(body);
    body.write('{"a":');
    expect(await has).toBe(true);
    body.end('1}');
    expect(await text(body)).toBe('{"a":1}');
  });

  it('is told by its end, also where that came before', async () => {
    const body = new PassThrough();
    const has = hasBytes(body);
    body.end();
    expect(await has).toBe(false);
    await finished(body);
    expect(await hasBytes(body)).toBe(false);
    expect(await hasBytes(new PassThrough().end())).toBe(false);
  });

  // T-w8ch
  it('is not denied where the request was cut short', async () => {
    const body = new PassThrough();
    const has = hasBytes(body);
    body.destroy();
    expect(await has).toBe(true);
    expect(await hasBytes(body)).toBe(true);
  });
});
