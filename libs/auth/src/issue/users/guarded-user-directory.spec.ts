import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { AccountDirectory } from '../../storage/account-directory.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { guardedUserDirectory } from './guarded-user-directory.js';

class Directory extends UserDirectory {
  constructor(private readonly answer: unknown) {
    super();
  }
  override readonly accounts: AccountDirectory = {
    setPasswordHash: () => this.done(),
    verifyEmail: () => this.done(),
    changeEmail: () => Promise.resolve('changed'),
  };
  override findByEmail = () => Promise.resolve(undefined);
  override findById = () => Promise.resolve(this.answer as undefined);
  override replacePasswordHash = () => this.done();
  private done(): Promise<boolean> {
    return Promise.resolve(this.answer as boolean);
  }
}

/** The answer, or the private reason of the error. */
const told = (asked: Promise<unknown> | undefined): Promise<unknown> =>
  asked?.catch((error: unknown) => (error instanceof AuthError ? error.reason : error)) ??
  Promise.resolve();

async function changes(answer: unknown): Promise<readonly unknown[]> {
  const directory = guardedUserDirectory(new Directory(answer), 50);
  const { accounts } = directory;
  return Promise.all([
    told(accounts?.setPasswordHash('a', 'hash')),
    told(accounts?.verifyEmail('a', 'a@example.com')),
    told(directory.replacePasswordHash('a', 'from', 'to')),
  ]);
}

describe('the answer of a host’s directory to a change', () => {
  it.each([true, false])('is %s where it says so', async (answer) => {
    expect(await changes(answer)).toEqual([answer, answer, answer]);
  });

  // T-n4hv
  it.each([
    [{ count: 0 }],
    [{ rowCount: 0 }],
    [[]],
    [[0]],
    ['false'],
    [0],
    [1],
    [undefined],
    [null],
  ])('is no yes where it is what a driver says of rows: %j', async (answer) => {
    expect(await changes(answer)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  });
});

describe('a user of a host’s directory', () => {
  it.each([[{}], [{ account: undefined }], [{ id: 'a', email: 'a@example.com' }]])(
    'that is not one is an outage: %j',
    async (answer) => {
      const directory = guardedUserDirectory(new Directory(answer), 50);
      expect(await told(directory.findById('a'))).toBe('unavailable');
    },
  );
});
