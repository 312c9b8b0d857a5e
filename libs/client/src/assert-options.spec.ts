import { describe, expect, it } from '@jest/globals';
import { createAuthClient } from './auth-client.js';

describe('the options of the client', () => {
  it.each<readonly [object, string]>([
    [{ baseURL: 'https://api.example' }, 'baseURL: is not an option; did you mean baseUrl?'],
    [{ refreshAhead: '60s' }, 'refreshAhead: is not an option; did you mean refreshAheadMs?'],
    [{ baseURL: undefined }, 'baseURL: is not an option; did you mean baseUrl?'],
    [
      { headers: {} },
      'headers: is not an option; did you mean baseUrl,prefix,transport,store,refreshAheadMs,fetch?',
    ],
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
