import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { checkStorage } from './storage-check.js';

const said: unknown[] = [];
beforeEach(() => {
  said.length = 0;
  Logger.overrideLogger({
    log: () => undefined,
    warn: (line: unknown) => void said.push(line),
    error: () => undefined,
  });
});
afterAll(() => Logger.overrideLogger(false));

describe('the look at the tables at boot', () => {
  it.each<[string, Error]>([
    ['something is missing', AuthError.configuration('storage', 'run the migrations')],
    ['it fails for a reason of its own', new Error('a mistake of ours')],
  ])('stops the boot if %s', async (_, error) => {
    await expect(checkStorage(Promise.reject(error))).rejects.toBe(error);
    expect(said).toEqual([]);
  });

  it('lets it go on while the database does not answer, and says so', async () => {
    await checkStorage(Promise.reject(AuthError.unavailable('database: connection refused')));
    expect(said).toEqual([
      'the tables could not be looked at (database: connection refused); logins wait for it',
    ]);
  });

  it('says nothing if all is there, or nothing can be looked at', async () => {
    await checkStorage(Promise.resolve());
    await checkStorage(undefined);
    expect(said).toEqual([]);
  });
});
