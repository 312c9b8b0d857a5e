import { describe, expect, it } from '@jest/globals';
import { passkeys } from './passkeys.js';

describe('passkeys(…)', () => {
  it.each([
    ['passkeys.rpName', { rpName: '' }],
    ['passkeys.rpId', { rpName: 'x', rpId: 'https://example.com' }],
    ['passkeys.rpId', { rpName: 'x', rpId: '127.0.0.1', origins: ['https://127.0.0.1'] }],
    ['passkeys.rpId', { rpName: 'x', origins: ['https://example.com'] }],
    ['passkeys.origins', { rpName: 'x', rpId: 'example.com' }],
    ['passkeys.origins', { rpName: 'x', rpId: 'example.com', origins: ['https://example.org'] }],
    ['passkeys.origins', { rpName: 'x', rpId: 'example.com', origins: ['https://notexample.com'] }],
    ['passkeys.origins[0]', { rpName: 'x', rpId: 'example.com', origins: ['http://example.com'] }],
    [
      'passkeys.origins[0]',
      { rpName: 'x', rpId: 'example.com', origins: ['https://example.com/login'] },
    ],
    ['passkeys.relatedOrigins[0]', { rpName: 'x', rpId: 'example.com', relatedOrigins: ['*'] }],
  ])('stops the boot: %s', (option, given) => {
    expect(() => passkeys(given)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`${option}:`) as unknown }),
    );
  });

  it.each([
    ['https://app.example.com', 'app.example.com'],
    ['http://localhost:3000', 'localhost'],
    ['http://127.0.0.1:3000', undefined],
    ['http://app.example.com', undefined],
    [undefined, undefined],
  ])('without rpId uses the host of the request: %s', (origin, rpId) => {
    expect(passkeys({ rpName: 'x' }).relyingParty(origin)?.rpId).toBe(rpId);
  });

  it('accepts pages on other domains as related origins', () => {
    const method = passkeys({
      rpName: 'x',
      rpId: 'example.com',
      origins: ['https://app.example.com'],
      relatedOrigins: ['https://example.org'],
    });
    expect(method.relyingParty(undefined)).toEqual({
      rpId: 'example.com',
      origins: ['https://app.example.com', 'https://example.org'],
    });
  });
});
