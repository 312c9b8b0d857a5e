import { describe, expect, it, jest } from '@jest/globals';
import type { PasswordOptions } from '../../options/password-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { PasswordPolicy } from './password-policy.service.js';

const policyWith = (over: PasswordOptions = {}): PasswordPolicy =>
  new PasswordPolicy({
    passwords: { minLength: 8, maxBytes: 1024, contextWords: [], refuseCommon: true, ...over },
  } as ResolvedAuthOptions);
const context = { email: 'Grace.Hopper@example.com', field: 'newPassword' } as const;
const refused = (reason: string): object => ({
  reason: 'password_unacceptable',
  extra: { fields: { newPassword: reason } },
});

describe('PasswordPolicy', () => {
  // T-92p9
  it.each([
    ['short', 'xK9#mQ2', 'must have at least 8 characters'],
    ['short after NFKC', 'e\u0301'.repeat(7), 'must have at least 8 characters'],
    ['four emoji that are eight UTF-16 units', '😀😁😂😃', 'must have at least 8 characters'],
    ['too long', 'x'.repeat(1025), 'must not be longer than 1024 bytes'],
    ['half a character', 'abc\ud800defgh', 'must be valid Unicode text'],
    ['control characters', '\u0001'.repeat(12), 'must not hold control or invisible characters'],
    ['with a tab', 'correct\thorse battery', 'must not hold control or invisible characters'],
    [
      'with a zero-width space',
      'correct\u200bhorse battery',
      'must not hold control or invisible characters',
    ],
    ['common', 'password123', 'is among the most used passwords'],
    ['common in capitals', 'PassWord123', 'is among the most used passwords'],
    ['common in full width', 'ｐａｓｓｗｏｒｄ１２３', 'is among the most used passwords'],
    ['the local part', 'grace.hopper', 'must not contain the name in the email address'],
    // T-j4zx
    [
      'around the local part',
      '1Grace.Hopper1906',
      'must not contain the name in the email address',
    ],
    ['the email', 'grace.hopper@example.com', 'must not contain the name in the email address'],
  ])('refuses what is %s', async (_, password, reason) => {
    await expect(policyWith().check(password, context)).rejects.toMatchObject(refused(reason));
  });

  it('refuses the current password, also in another spelling', async () => {
    const check = (current: string) =>
      policyWith().check('a quiet ｒｉｖｅｒ', { ...context, current });
    await expect(check('a quiet river')).rejects.toMatchObject(
      refused('must not be the current password'),
    );
    await expect(check('a quiet riverbed')).resolves.toBeUndefined();
  });

  // T-swj5
  it.each([
    ['a passphrase', 'correct horse battery staple'],
    ['eight uncommon characters', 'xK9#mQ2v'],
    ['1,024 bytes', 'xK9#mQ2v'.repeat(128)],
    ['another script', 'пароль-для-входа'],
  ])('accepts %s', async (_, password) => {
    await expect(policyWith().check(password, context)).resolves.toBeUndefined();
  });

  it('ignores a short local part of the email', async () => {
    await expect(
      policyWith().check('savannah-moon', { ...context, email: 'ann@example.com' }),
    ).resolves.toBeUndefined();
  });

  // T-dc5t
  it('never reveals the password or the email', async () => {
    const error: unknown = await policyWith()
      .check('1Grace.Hopper1906', context)
      .catch((each: unknown) => each);
    expect(JSON.stringify([error, String(error)])).not.toMatch(/hopper/i);
  });

  // T-6g9d
  it('refuses the host’s words, also in another spelling', async () => {
    const policy = policyWith({ contextWords: ['Tokenward', 'Harbour Ltd'] });
    for (const password of ['my-tokenward-1', 'ＴＯＫＥＮＷＡＲＤ at noon', 'x harbour ltd x'])
      await expect(policy.check(password, context)).rejects.toMatchObject(
        refused('must not contain the name of this service'),
      );
    await expect(policy.check('a harbour at dawn', context)).resolves.toBeUndefined();
  });

  // T-tc5k
  it('accepts common passwords when the host turns the list off', async () => {
    await expect(
      policyWith({ refuseCommon: false }).check('password123', context),
    ).resolves.toBeUndefined();
  });

  // T-ht44
  it('runs the breach check last, with the normalised password', async () => {
    const breachCheck = jest.fn((_: string) => Promise.resolve('breached' as const));
    const policy = policyWith({ breachCheck });
    await expect(policy.check('password123', context)).rejects.toMatchObject({
      reason: 'password_unacceptable',
    });
    expect(breachCheck).not.toHaveBeenCalled();
    await expect(policy.check('ﬁne words here', context)).rejects.toMatchObject(
      refused('is known from a data breach'),
    );
    expect(breachCheck).toHaveBeenCalledWith('fine words here');
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('offline'))],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['finds nothing', () => Promise.resolve('not_found' as const)],
  ])('accepts when the breach check %s', async (_, breachCheck) => {
    await expect(policyWith({ breachCheck }).check('xK9#mQ2v', context)).resolves.toBeUndefined();
  });

  // T-br7c
  it.each([true, undefined, { breached: true }])(
    'takes no password on the word of a breach check that answers %j',
    async (odd) => {
      const breachCheck = () => Promise.resolve(odd as unknown as 'breached');
      await expect(policyWith({ breachCheck }).check('xK9#mQ2v', context)).rejects.toMatchObject({
        reason: 'unavailable',
      });
    },
  );

  it('does not wait for a breach check that hangs', async () => {
    const policy = policyWith({
      refuseCommon: false,
      breachCheck: () => new Promise(() => undefined),
    });
    jest.useFakeTimers();
    try {
      const checked = policy.check('xK9#mQ2v', context);
      // and one turn of the event loop, in which a late answer is still accepted
      await jest.advanceTimersByTimeAsync(2_001);
      await expect(checked).resolves.toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });
});
