import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { Entropy } from '../../common/entropy.js';
import { NewPasswords } from './new-passwords.service.js';
import type { PasswordHasher } from './password-hasher.service.js';
import type { PasswordPolicy } from './password-policy.service.js';

const context = { email: 'ada@example.com', field: 'newPassword' } as const;
const by = { account: 'reset of u', ip: '2001:db8:1:2:3::4' };

describe('a new password', () => {
  const asked: unknown[] = [];
  const passwords = new NewPasswords(
    {
      check: (...given: unknown[]) => {
        asked.push(given);
        return given[0] === 'weak'
          ? Promise.reject(new AuthError('password_unacceptable', 'weak'))
          : Promise.resolve();
      },
    } as unknown as PasswordPolicy,
    {
      hash: (...given: unknown[]) => (asked.push(given), Promise.resolve('a hash')),
    } as unknown as PasswordHasher,
    { bytes: (size: number) => Buffer.alloc(size, 7) } as unknown as Entropy,
  );

  it('is checked by the policy, then hashed in a turn of the account and its network', async () => {
    asked.length = 0;
    expect(await passwords.hash('a good one', context, by)).toBe('a hash');
    expect(asked).toEqual([
      ['a good one', context],
      ['a good one', { account: 'reset of u', address: '2001:db8:1:2::/64' }],
    ]);
  });

  it('is not hashed if the policy refuses it', async () => {
    asked.length = 0;
    await expect(passwords.hash('weak', context, by)).rejects.toMatchObject({
      reason: 'password_unacceptable',
    });
    expect(asked).toEqual([['weak', context]]);
  });

  it('that nobody knows is 32 random bytes, and is not asked about', async () => {
    asked.length = 0;
    expect(await passwords.hashOfNobody()).toBe('a hash');
    expect(asked).toEqual([[Buffer.alloc(32, 7).toString('base64url')]]);
  });
});
