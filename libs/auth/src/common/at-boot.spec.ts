import { describe, expect, it, jest } from '@jest/globals';
import { atBoot } from './at-boot.js';
import { AuthError } from './auth-error.js';

const asleep = () => Promise.reject(AuthError.unavailable('read the secret: 57014'));

describe('a question that is asked while the application starts', () => {
  it('is asked again when the store was too slow', async () => {
    const work = jest
      .fn<() => Promise<string>>()
      .mockImplementationOnce(asleep)
      .mockResolvedValueOnce('secret');
    expect(await atBoot(work)).toBe('secret');
  });

  it('stops the start after the third time, with the private detail', async () => {
    const work = jest.fn<() => Promise<string>>().mockImplementation(asleep);
    await expect(atBoot(work)).rejects.toThrow(
      'the application cannot start: read the secret: 57014',
    );
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('stops the start at once when the configuration is wrong', async () => {
    const work = jest
      .fn<() => Promise<string>>()
      .mockRejectedValue(AuthError.configuration('keys', 'is empty'));
    await expect(atBoot(work)).rejects.toMatchObject({ reason: 'configuration_invalid' });
    expect(work).toHaveBeenCalledTimes(1);
  });
});
