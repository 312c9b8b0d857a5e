import { describe, expect, it } from '@jest/globals';
import { isDirect, type LocalRequest } from './loopback.js';

const socket = { remoteAddress: '127.0.0.1' };
const headers = { host: '127.0.0.1:3000' };

describe('a request that comes from this machine itself', () => {
  it.each<readonly [string, LocalRequest]>([
    ['from a browser', { socket, headers, httpVersion: '1.1' }],
    ['on Fastify', { socket, headers, raw: { httpVersion: '1.1' } }],
  ])('is direct %s', (_, request) => {
    expect(isDirect(request)).toBe(true);
  });

  // T-j9bw
  it.each<readonly [string, LocalRequest]>([
    ['nginx with its defaults', { socket, headers, httpVersion: '1.0' }],
    ['nginx with its defaults, on Fastify', { socket, headers, raw: { httpVersion: '1.0' } }],
    ['a proxy that says so', { socket, headers: { ...headers, 'x-forwarded-for': '192.0.2.1' } }],
    ['another machine', { socket: { remoteAddress: '192.0.2.1' }, headers }],
  ])('is not direct through %s', (_, request) => {
    expect(isDirect(request)).toBe(false);
  });
});
