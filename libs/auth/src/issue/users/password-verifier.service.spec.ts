import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import argon2 from '@node-rs/argon2';
import { AuthError } from '../../common/auth-error.js';
import { SystemClock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import type { SubjectState } from '../../storage/subject.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { PasswordVerifier } from './password-verifier.service.js';
import { guardedUserDirectory } from './guarded-user-directory.js';
import { Identifiers } from './identifiers.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import { SubjectReader } from '../../storage/subject-reader.port.js';
import { type LoginCandidate, UserDirectory } from '../../storage/user-directory.port.js';

const PASSWORD = 'correct horse';
const options = {
  passwords: {
    memoryCost: 1024,
    timeCost: 2,
    parallelism: 1,
    maxBytes: 1024,
    concurrency: 2,
    maxQueue: 100,
    storedHashes: [],
    storedHashLimitMs: 5_000,
  },
  identifier: { name: 'email' },
} as unknown as ResolvedAuthOptions;

const users = new Map<string, LoginCandidate>();
let reads: string[];
let beforeFind: (() => Promise<void> | void) | undefined;
let replace: (id: string, expected: string, next: string) => Promise<boolean>;
let epoch: number;

class Directory extends UserDirectory {
  override async findByEmail(email: string): Promise<LoginCandidate | undefined> {
    reads.push('email');
    await beforeFind?.();
    return [...users.values()].find((each) => each.account.email === email);
  }
  override async findById(id: string): Promise<LoginCandidate | undefined> {
    reads.push('id');
    return users.get(id);
  }
  override replacePasswordHash(id: string, expected: string, next: string): Promise<boolean> {
    return replace(id, expected, next);
  }
}
class Subjects extends SubjectReader {
  override readSubject(): Promise<SubjectState> {
    reads.push('subject');
    return Promise.resolve({ tokenVersion: 1, epoch });
  }
}

const directory = guardedUserDirectory(new Directory(), 50);
const hasher = new PasswordHasher(options, new SystemEntropy(), new SystemClock());
const identifiers = new Identifiers(options, directory);
let verifier: PasswordVerifier;
let verifications: jest.SpiedFunction<typeof argon2.verify>;

function put(id: string, over: Partial<LoginCandidate> = {}, disabled = false): void {
  users.set(id, {
    account: { id, email: `${id}@example.com`, permissions: [], disabled },
    ...over,
  });
}

beforeEach(async () => {
  await hasher.onModuleInit();
  const passwordHash = await hasher.hash(PASSWORD);
  const subject = { tokenVersion: 4, epoch: 2 };
  users.clear();
  put('ada', { passwordHash, subject });
  put('off', { passwordHash, subject }, true);
  put('social', { subject });
  put('broken', { passwordHash: 'garbage', subject });
  put('plain', { passwordHash });
  reads = [];
  epoch = 7;
  beforeFind = undefined;
  replace = () => Promise.resolve(true);
  verifier = new PasswordVerifier(directory, new Subjects(), hasher, identifiers);
  verifications = jest.spyOn(argon2, 'verify');
});
afterEach(() => {
  jest.restoreAllMocks();
});

const verify = async (email: string, password: string) =>
  verifier.check(await verifier.find(identifiers.normalise(email)), password, {
    rehash: 'replace',
  });
const verifyFor = async (id: string, password: string) =>
  verifier.check(await verifier.findById(id), password, { rehash: 'keep' });

describe('a directory that says null', () => {
  const found = {
    account: {
      id: 'nil',
      email: null,
      name: null,
      permissions: null,
      tenant: null,
      disabled: null,
    },
  };
  const lax = (answer: unknown) =>
    guardedUserDirectory(
      Object.assign(new Directory(), {
        findByEmail: async () => answer,
        findById: async () => answer,
        findByIdentifier: async () => answer,
      }),
      50,
    );

  // T-227j
  it('for a user means that there is no such user', async () => {
    for (const nobody of [null, undefined]) {
      const { findByEmail, findById, findByIdentifier } = lax(nobody);
      expect(await findByEmail('a@example.com')).toBeUndefined();
      expect(await findById('a')).toBeUndefined();
      expect(await findByIdentifier?.('a')).toBeUndefined();
    }
  });

  it('for a field is a user without that field', async () => {
    expect((await lax(found).findById('nil'))?.account).toEqual({
      id: 'nil',
      email: '',
      permissions: [],
    });
    const whole = users.get('ada');
    expect(await lax(whole).findById('ada')).toBe(whole);
  });
});

describe('PasswordVerifier', () => {
  it('verifies, and returns the counters that were read with the hash', async () => {
    const outcome = await verify(' Ada@EXAMPLE.com ', PASSWORD);
    expect(outcome).toEqual({ kind: 'verified', candidate: users.get('ada') });
    expect(reads).toEqual(['email']);
  });

  // T-svfz
  it.each([
    ['an unknown user', 'nobody@example.com', PASSWORD, 'unknown_user', undefined],
    ['a wrong password', 'ada@example.com', 'wrong horse', 'wrong_password', 'ada'],
    ['a user without password', 'social@example.com', PASSWORD, 'no_password', 'social'],
    ['a disabled user with the right password', 'off@example.com', PASSWORD, 'disabled', 'off'],
    ['a disabled user with a wrong one', 'off@example.com', 'wrong horse', 'wrong_password', 'off'],
    ['a malformed hash', 'broken@example.com', PASSWORD, 'hash_unusable', 'broken'],
  ])(
    'refuses %s after exactly one Argon2 verification and one read',
    async (_, email, password, reason, userId) => {
      await expect(verify(email, password)).resolves.toMatchObject({
        kind: 'refused',
        reason,
        userId,
      });
      expect(verifications).toHaveBeenCalledTimes(1);
      expect(reads).toEqual(['email']);
    },
  );

  // T-fbdh
  it('reads the counters before the hash it compares, when the directory does not know them', async () => {
    const outcome = await verify('plain@example.com', PASSWORD);
    expect(reads).toEqual(['email', 'subject', 'id']);
    expect(outcome).toMatchObject({ kind: 'verified', candidate: { subject: { epoch: 7 } } });
  });

  it('compares the hash of the second read: a password changed in between is refused', async () => {
    const changed = await hasher.hash('another horse');
    beforeFind = () => {
      beforeFind = undefined;
      // the password changes after the first read
      setImmediate(() => put('plain', { passwordHash: changed }));
    };
    class Slow extends Subjects {
      override async readSubject(): Promise<SubjectState> {
        await new Promise((resolve) => setImmediate(resolve));
        return super.readSubject();
      }
    }
    verifier = new PasswordVerifier(directory, new Slow(), hasher, identifiers);
    await expect(verify('plain@example.com', PASSWORD)).resolves.toMatchObject({
      reason: 'wrong_password',
    });
  });

  // T-wnhs
  it('makes as many reads for an unknown user as for a user whose counters are read separately', async () => {
    await verify('plain@example.com', 'wrong horse');
    reads = [];
    await expect(verify('nobody@example.com', PASSWORD)).resolves.toMatchObject({
      reason: 'unknown_user',
    });
    expect(reads).toEqual(['email', 'subject', 'id']);
  });

  // T-hjcv
  it('by id, reads the counters first and the user once, after the directory was seen to return no counters', async () => {
    put('apart');
    for (const expected of [
      ['id', 'subject', 'id'],
      ['subject', 'id'],
    ]) {
      reads = [];
      expect(await verifier.findById('apart')).toMatchObject({ subject: { epoch } });
      expect(reads).toEqual(expected);
    }
  });

  it.each([
    ['somebody gone', 'gone', undefined, 'gone'],
    ['somebody disabled', 'off', undefined, 'disabled'],
    ['a user at a tenant, where the host has none', 'ada', 'north', 'of another tenant'],
  ])('refuses as a signer %s', async (_, id, tenant, reason) => {
    await expect(verifier.findSigner(id, tenant)).resolves.toEqual({ kind: 'refused', reason });
  });

  it('finds a signer at the user’s own tenant alone', async () => {
    const tenants = { identifier: { name: 'email', tenant: () => undefined } } as never;
    const ofTenants = new Identifiers(tenants, directory);
    verifier = new PasswordVerifier(directory, new Subjects(), hasher, ofTenants);
    put('nora', { subject: { tokenVersion: 4, epoch: 2 } });
    const { account, ...nora } = users.get('nora') as LoginCandidate;
    users.set('nora', { ...nora, account: { ...account, tenant: 'north' } });
    const kinds = ['north', 'south', undefined].map(async (tenant) => {
      const { kind } = await verifier.findSigner('nora', tenant);
      return kind;
    });
    expect(await Promise.all(kinds)).toEqual(['found', 'refused', 'refused']);
  });

  it('treats a user who was removed between the reads as unknown', async () => {
    class Vanishing extends Subjects {
      override readSubject(): Promise<SubjectState> {
        users.delete('plain');
        return super.readSubject();
      }
    }
    verifier = new PasswordVerifier(directory, new Vanishing(), hasher, identifiers);
    await expect(verify('plain@example.com', PASSWORD)).resolves.toMatchObject({
      reason: 'unknown_user',
    });
    expect(verifications).toHaveBeenCalledTimes(1);
  });

  describe('rehash', () => {
    const outdated = (): Promise<string> =>
      argon2.hash(PASSWORD, { memoryCost: 512, timeCost: 1, algorithm: 2 });
    const replaced: string[][] = [];
    let old: string;
    beforeEach(async () => {
      replaced.length = 0;
      old = await outdated();
      put('ada', { passwordHash: old, subject: { tokenVersion: 1, epoch: 1 } });
      replace = (...args) => {
        replaced.push(args);
        return Promise.resolve(true);
      };
    });

    // T-82c9
    it('replaces an outdated hash at login, and returns the current one', async () => {
      const outcome = await verify('ada@example.com', PASSWORD);
      const next = replaced[0]?.[2] ?? '';
      expect(replaced).toEqual([['ada', old, expect.stringContaining('m=1024,t=2')]]);
      expect(outcome).toMatchObject({ kind: 'verified', candidate: { passwordHash: next } });
      await expect(hasher.verify(PASSWORD, next)).resolves.toEqual({
        kind: 'match',
        rehash: 'current',
      });
    });

    it.each([
      ['a wrong password', () => verify('ada@example.com', 'wrong horse')],
      ['a reauthentication', () => verifyFor('ada', PASSWORD)],
    ])('leaves it alone at %s', async (_, attempt) => {
      await attempt();
      expect(replaced).toEqual([]);
    });

    it.each<[string, typeof replace]>([
      ['loses a race', () => Promise.resolve(false)],
      ['fails', () => Promise.reject(new Error('read-only'))],
      ['hangs', () => new Promise(() => undefined)],
    ])('does not fail the login when it %s', async (_, failing) => {
      replace = failing;
      await expect(verify('ada@example.com', PASSWORD)).resolves.toMatchObject({
        kind: 'verified',
        candidate: { passwordHash: old },
      });
    });
  });

  it('verifies a signed-in user by id', async () => {
    await expect(verifyFor('ada', PASSWORD)).resolves.toMatchObject({ kind: 'verified' });
    await expect(verifyFor('ada', 'wrong horse')).resolves.toMatchObject({
      reason: 'wrong_password',
    });
    await expect(verifyFor('gone', PASSWORD)).resolves.toMatchObject({ reason: 'unknown_user' });
    expect(verifications).toHaveBeenCalledTimes(3);
  });

  it.each<[string, () => Promise<void>]>([
    ['fails', () => Promise.reject(new Error('no connection'))],
    ['hangs', () => new Promise(() => undefined)],
    ['says so itself', () => Promise.reject(AuthError.unavailable('down'))],
  ])('is unavailable, never a refusal, when the directory %s', async (_, broken) => {
    beforeFind = broken;
    await expect(verify('ada@example.com', PASSWORD)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
