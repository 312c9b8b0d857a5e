import { describe, expect, it } from '@jest/globals';
import { createAuthClient } from './auth-client.js';

describe('the options of the client', () => {
  // T-4b4d
  it.each<readonly [object, string]>([
    [
      { baseURL: 'https://api.example' },
      'baseURL: is not one of baseUrl,prefix,transport,store,refreshAheadMs,fetch',
    ],
    [
      { refreshAhead: '60s' },
      'refreshAhead: is not one of baseUrl,prefix,transport,store,refreshAheadMs,fetch',
    ],
    [
      { baseURL: undefined },
      'baseURL: is not one of baseUrl,prefix,transport,store,refreshAheadMs,fetch',
    ],
    [{ headers: {} }, 'headers: is not one of baseUrl,prefix,transport,store,refreshAheadMs,fetch'],
    [{ transport: 'token' }, 'transport: must be cookie|hybrid|bearer'],
    [{ transport: ['bearer'] }, 'transport: must be cookie|hybrid|bearer'],
    [{ refreshAheadMs: '60s' }, 'refreshAheadMs: must be number'],
    [{ refreshAheadMs: -1 }, 'refreshAheadMs: must be number'],
    [{ baseUrl: null }, 'baseUrl: must be string'],
    [{ store: () => ({}) }, 'store: must be object'],
    [{ fetch: {} }, 'fetch: must be function'],
  ])('%j is refused', (options, sentence) => {
    expect(() => createAuthClient(options)).toThrow(sentence);
  });

  it('may be undefined', () => {
    expect(() => createAuthClient({ baseUrl: undefined, store: undefined }).close()).not.toThrow();
  });
});
