import { describe, expect, it } from '@jest/globals';
import { corsOf } from './cors.js';

describe('what a page of a trusted origin may read', () => {
  it.each([
    ['off', false],
    ['offer', true],
    ['require', true],
  ] as const)('with DPOP=%s: the nonce of DPoP: %s', (mode, isExposed) => {
    const { exposedHeaders = [] } = corsOf({ trustedOrigins: [], dpop: { mode, bind: 'request' } });
    expect(exposedHeaders.includes('DPoP-Nonce')).toBe(isExposed);
    expect(exposedHeaders).toEqual(
      expect.arrayContaining(['WWW-Authenticate', 'Retry-After', 'Date']),
    );
  });
});
