import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import argon2 from '@node-rs/argon2';
import { SystemClock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { PasswordHasher } from './password-hasher.service.js';

const passwords = {
  memoryCost: 1024,
  timeCost: 2,
  parallelism: 1,
  maxBytes: 1024,
  concurrency: 2,
  maxQueue: 100,
  storedHashes: [],
  storedHashLimitMs: 5_000,
};
const hasherWith = (over: Partial<typeof passwords> = {}): PasswordHasher =>
  new PasswordHasher(
    { passwords: { ...passwords, ...over } } as unknown as ResolvedAuthOptions,
    new SystemEntropy(),
    new SystemClock(),
  );

let hasher: PasswordHasher;
let verifications: jest.SpiedFunction<typeof argon2.verify>;
beforeEach(async () => {
  hasher = hasherWith();
  await hasher.onModuleInit();
  verifications = jest.spyOn(argon2, 'verify');
});
afterEach(() => {
  jest.restoreAllMocks();
});

const match = { kind: 'match', rehash: 'current' };
const mismatch = { kind: 'mismatch' };

describe('PasswordHasher', () => {
  // T-4wbn
  it('makes Argon2id PHC strings with the configured parameters and a fresh salt', async () => {
    const [first, second] = await Promise.all([
      hasher.hash('correct horse'),
      hasher.hash('correct horse'),
    ]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=1024,t=2,p=1\$/);
    expect(argon2.parseOptions(first)).toMatchObject({ outputLen: 32, saltLen: 16 });
    expect(second).not.toBe(first);
    await expect(hasher.verify('correct horse', first)).resolves.toEqual(match);
    await expect(hasher.verify('correct horsf', first)).resolves.toEqual(mismatch);
  });

  it.each([
    ['composed and decomposed', 'Ren\u00e9e-pass', 'Rene\u0301e-pass'],
    ['ligatures', '\ufb01sh and chips', 'fish and chips'],
    ['full width', '\uff41\uff42\uff43-secret', 'abc-secret'],
  ])('takes %s for the same', async (_, set, typed) => {
    await expect(hasher.verify(typed, await hasher.hash(set))).resolves.toEqual(match);
  });

  // T-j225
  it.each([73, 200, 1024])('distinguishes passwords that differ in byte %i', async (length) => {
    const start = 'x'.repeat(length - 1);
    await expect(hasher.verify(`${start}b`, await hasher.hash(`${start}a`))).resolves.toEqual(
      mismatch,
    );
  });

  // T-dgtj
  it.each([
    ['case', 'Correct Horse', 'correct horse'],
    ['a blank in front', ' correct horse', 'correct horse'],
    ['a blank behind', 'correct horse ', 'correct horse'],
    ['a tab for a blank', 'correct\thorse', 'correct horse'],
    ['two blanks for one', 'correct  horse', 'correct horse'],
    ['an accent', 'corr\u00e9ct horse', 'correct horse'],
    ['an invisible character', 'correct\u200bhorse', 'correcthorse'],
    ['markup', '<b>correct</b> horse', 'correct horse'],
    ['an entity', 'correct &amp; horse', 'correct & horse'],
  ])(
    'takes every character as it was typed: %s tells two passwords apart',
    async (_, set, typed) => {
      const hash = await hasher.hash(set);
      await expect(hasher.verify(typed, hash)).resolves.toEqual(mismatch);
      await expect(hasher.verify(set, hash)).resolves.toEqual(match);
    },
  );

  // T-r7gs
  it('does not stop at a NUL', async () => {
    await expect(hasher.verify('abc\0other', await hasher.hash('abc\0rest'))).resolves.toEqual(
      mismatch,
    );
  });

  // T-rj3g
  it.each([
    ['one byte', 'x'.repeat(1025)],
    ['one byte in bytes, not characters', '\u20ac'.repeat(342)],
    ['megabytes', 'x'.repeat(10_000_000)],
    ['what NFKC makes of it', '\ufdfa'.repeat(100)],
  ])('hashes nothing that is too long by %s', async (_, password) => {
    const hashes = jest.spyOn(argon2, 'hash');
    await expect(hasher.hash(password)).rejects.toMatchObject({ reason: 'password_unacceptable' });
    const phc = await hasherWith({ maxBytes: 20_000_000 }).hash('x'.repeat(1025));
    hashes.mockClear();
    await expect(hasher.verify(password, phc)).resolves.toEqual(mismatch);
    await hasher.verifyNothing(password);
    expect(hashes).not.toHaveBeenCalled();
    expect(verifications).not.toHaveBeenCalled();
  });

  it.each([
    ['memory', { memoryCost: 2048 }],
    ['iterations', { timeCost: 3 }],
    ['lanes', { parallelism: 2 }],
    ['tag length', { outputLen: 16 }],
    ['salt length', { salt: Buffer.alloc(8, 1) }],
    ['Argon2i', { algorithm: 1 }],
    ['Argon2d', { algorithm: 0 }],
    ['version 16', { version: 0 }],
  ])('verifies a hash of other %s and asks for a new one', async (_, other) => {
    const phc = await argon2.hash('correct horse', {
      algorithm: 2,
      memoryCost: 1024,
      timeCost: 2,
      parallelism: 1,
      outputLen: 32,
      ...other,
    });
    await expect(hasher.verify('correct horse', phc)).resolves.toEqual({
      kind: 'match',
      rehash: 'needed',
    });
    await expect(hasher.verify('wrong horse', phc)).resolves.toEqual(mismatch);
  });

  it.each([
    ['nothing', ''],
    ['plain text', 'correct horse'],
    ['a cut hash', '$argon2id$v=19$m=1024,t=2,p=1$AAAA'],
    [
      'an unknown variant',
      '$argon2x$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b7dWRWJTmaQQlVj',
    ],
    [
      'memory beyond reason',
      '$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b7dWRWJTmaQQlVj',
    ],
    [
      'iterations beyond reason',
      '$argon2id$v=19$m=1024,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b7dWRWJTmaQQlVj',
    ],
  ])('takes %s in the database for an unusable hash that costs the same', async (_, phc) => {
    await expect(hasher.verify('correct horse', phc)).resolves.toMatchObject({ kind: 'unusable' });
    expect(verifications).toHaveBeenCalledTimes(1);
    expect(verifications.mock.calls[0]?.[0]).toMatch(/^\$argon2id\$v=19\$m=1024,t=2,p=1\$/);
  });

  // T-dkjh
  it('does the same work for an unknown user: one verification of a decoy hash with the same parameters', async () => {
    const hashes = jest.spyOn(argon2, 'hash');
    await hasher.verifyNothing('correct horse');
    await hasher.verifyNothing('correct horse');
    expect(hashes).not.toHaveBeenCalled();
    expect(verifications).toHaveBeenCalledTimes(2);
    expect(verifications.mock.calls[0]?.[0]).toMatch(/^\$argon2id\$v=19\$m=1024,t=2,p=1\$/);
    await expect(verifications.mock.results[0]?.value).resolves.toBe(false);
  });

  // T-qwwj
  it('compares both forms of an unusual password even where a match is refused in any case', async () => {
    const hash = await hasher.hash('abc-secret');
    for (const [typed, kind] of [
      ['\uff41\uff42\uff43-secret', 'match'],
      ['\uff41\uff42\uff44-secret', 'mismatch'],
    ] as const) {
      verifications.mockClear();
      expect((await hasher.verify(typed, hash, undefined, 'refused')).kind).toBe(kind);
      expect(verifications).toHaveBeenCalledTimes(2);
    }
  });

  it('hashes at most the configured number at once, and refuses more than the queue can hold', async () => {
    hasher = hasherWith({ concurrency: 2, maxQueue: 4 });
    const phc = await hasher.hash('correct horse');
    let running = 0;
    let most = 0;
    verifications.mockRestore();
    const original = argon2.verify;
    verifications = jest.spyOn(argon2, 'verify').mockImplementation(async (...args) => {
      most = Math.max(most, ++running);
      try {
        return await original(...args);
      } finally {
        running--;
      }
    });
    const burst = Array.from({ length: 10 }, () => hasher.verify('correct horse', phc));
    expect(hasher.load).toEqual({ running: 2, waiting: 4 });
    const results = await Promise.allSettled(burst);
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(6);
    for (const each of results)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'unavailable' });
    expect(most).toBe(2);
    expect(hasher.load).toEqual({ running: 0, waiting: 0 });
  });
});
