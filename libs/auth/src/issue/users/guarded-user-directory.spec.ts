import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
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
  override findByEmail: UserDirectory['findByEmail'] = () => Promise.resolve(undefined);
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
  ])('is 503 if it is what a driver says about rows: %j', async (answer) => {
    expect(await changes(answer)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  });
});

describe('a user of a host’s directory', () => {
  it.each([[{}], [{ account: undefined }], [{ id: 'a', email: 'a@example.com' }]])(
    'of another shape is an outage: %j',
    async (answer) => {
      const directory = guardedUserDirectory(new Directory(answer), 50);
      expect(await told(directory.findById('a'))).toBe('unavailable');
    },
  );
});

describe('a mistake in a host’s directory', () => {
  const logged: string[] = [];
  const told = (mistake: (typed: string) => unknown) => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation((...said) => {
      logged.push(said.join(' '));
    });
    const directory = new Directory(undefined);
    directory.findByEmail = async (typed: string) => mistake(typed) as undefined;
    return guardedUserDirectory(directory, 50)
      .findByEmail('hunter2')
      .catch(() => logged.splice(0).join());
  };
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const nothing = (): { readonly rows: readonly string[] } | undefined => undefined;
  it('is logged in words where they are the code’s own', async () => {
    expect(await told(() => (nothing() as { rows: string[] }).rows)).toMatch(
      /a mistake in Directory, .*: Cannot read properties of undefined \(reading 'rows'\).*guarded-user-directory\.spec/s,
    );
  });

  // people type a password into the field of the email
  // T-v6hp
  it.each<readonly [string, (typed: string) => unknown]>([
    ['BigInt', (typed) => BigInt(typed)],
    ['JSON', (typed) => JSON.parse(typed) as unknown],
    ['Date', (typed) => new Date(typed).toISOString()],
    ['a frame of their own', (typed) => BigInt(`\n    at ${typed} (admin.js:1:1)`)],
  ])('is logged with its place and without what somebody typed: %s', async (_, mistake) => {
    const line = await told(mistake);
    expect(line).toMatch(/a mistake in Directory, .*guarded-user-directory\.spec/s);
    expect(line).not.toContain('hunter2');
  });
});
