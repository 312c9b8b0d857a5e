import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import argon2 from '@node-rs/argon2';
import bcrypt from '@node-rs/bcrypt';
import { SystemClock } from '../../../common/clock.js';
import { SystemEntropy } from '../../../common/entropy.js';
import type { StoredHashHook } from '../../../options/password-options.js';
import type { ResolvedAuthOptions } from '../../../options/resolved-options.js';
import { PasswordHasher } from '../password-hasher.service.js';
import { recognise } from './recognise.js';
import { wrapBcrypt } from './wrapped-hash.js';
import { ASP_NET, VECTORS } from './stored-hashes.fixture.js';

function hasherWith(
  storedHashes: readonly StoredHashHook[] = [],
  storedHashLimitMs = 5_000,
  memoryCost = 1024,
): PasswordHasher {
  const passwords = {
    memoryCost,
    timeCost: 1,
    parallelism: 1,
    maxBytes: 1024,
    concurrency: 2,
    maxQueue: 100,
    storedHashes,
    storedHashLimitMs,
  };
  return new PasswordHasher(
    { passwords } as ResolvedAuthOptions,
    new SystemEntropy(),
    new SystemClock(),
  );
}
const SLOW_MS = 150;
const SLOW: StoredHashHook = {
  recognises: (hash) => hash === 'slow',
  // Node's timers can be a millisecond early
  verify: () => new Promise((resolve) => setTimeout(() => resolve(false), SLOW_MS + 10)),
};
async function took(refuse: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await refuse();
  return performance.now() - started;
}
// a new hasher for each test: after a slow hash, all later refusals are slow
let hasher: PasswordHasher;
beforeEach(() => {
  hasher = hasherWith();
});

describe('stored hashes of other systems', () => {
  // T-b3vg
  it.each([...VECTORS, ['ASP.NET Core Identity v3', ASP_NET] as const])(
    '%s: the right password matches and asks for a new hash, another does not match',
    async (_name, hash) => {
      const right = hash === ASP_NET ? 'my password' : 'correct horse';
      expect(await hasher.verify(right, hash)).toEqual({ kind: 'match', rehash: 'needed' });
      expect(await hasher.verify(`${right}!`, hash)).toEqual({ kind: 'mismatch' });
    },
  );

  it.each([
    ['empty', ''],
    ['MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['a password in clear', 'correct horse'],
    ['a cut bcrypt', '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZML'],
    ['bcrypt of another letter', '$2x$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK'],
    ['pbkdf2 of no key', 'pbkdf2_sha256$2000$salt$AAAA'],
    [
      'scrypt whose N is not a power of two',
      'scrypt:16383:8:1$salt$6caaae18e6b21ad5b31e1200eacc51746d9c2b46',
    ],
    [
      'ASP.NET whose salt is longer than the whole',
      'AQAAAAIAAAAy////EOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw',
    ],
    [
      'scrypt whose N is too large for its r (RFC 7914, section 6)',
      'scrypt:65536:1:1$salt$6caaae18e6b21ad5b31e1200eacc51746d9c2b46',
    ],
    ['an Argon2 hash that was cut to 4 bytes', '$argon2id$v=19$m=64,t=1,p=1$JLAKULsy/Z8$AAAAAA'],
    ['a cut Argon2 hash', '$argon2id$v=19$m=64,t=1,p=1$JLAKULsy/Z8$Q7VmZ3sMWdKpD+HCC+8+4'],
    [
      'bcrypt with a letter of Spring',
      '{bcrypt}$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK',
    ],
    ['bcrypt of cost 32', '$2b$32$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK'],
    ['salted SHA-1 of LDAP', '{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['what Django writes for no password', '!Xy12345678901234567890123456789012345678'],
    [
      'pbkdf2 of no iterations',
      'pbkdf2_sha256$0$salt$nznbsos5c1WavqtEF0nYt/Xp3j0/vfXE1cB1yuHH+Kk=',
    ],
    ['a very long text', '$2b$'.repeat(1000)],
  ])('%s is unusable, not a wrong password', async (_name, hash) => {
    expect(recognise(hash, { storedHashes: [], storedHashLimitMs: 5_000 })).toBeUndefined();
    expect(await hasher.verify('correct horse', hash)).toEqual({
      kind: 'unusable',
      reason: 'unrecognised',
    });
  });

  it.each([
    ['bcrypt', '$2b$31$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK'],
    [
      'scrypt',
      '$scrypt$ln=30,r=8,p=1$do7xfi8lBEAoxRjDeG+NEQ$PbHsa9ixUqduK+Jym9oSMY5J/o1tet4yqnADvwLgLN0',
    ],
    ['scrypt of many blocks', `scrypt:2:999:999$salt$${'6c'.repeat(32)}`],
    [
      'pbkdf2',
      'pbkdf2_sha256$900000000$6l6lUfWBSKzItsZC2VR0tM$nznbsos5c1WavqtEF0nYt/Xp3j0/vfXE1cB1yuHH+Kk=',
    ],
    ['argon2', '$argon2id$v=19$m=4194304,t=9,p=1$JLAKULsy/Z8$Q7VmZ3sMWdKpD+HCC+8+4Q'],
  ])('a %s that would take minutes is not computed', async (_name, hash) => {
    const started = performance.now();
    expect(await hasher.verify('correct horse', hash)).toEqual({
      kind: 'unusable',
      reason: 'too_costly',
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('a hook verifies a format that is not built in; a failing hook is an outage, not a wrong password', async () => {
    const firebase: StoredHashHook = {
      recognises: (hash) => hash.startsWith('firebase:'),
      verify: (password, hash) => Promise.resolve(hash === `firebase:${password}`),
    };
    const broken: StoredHashHook = {
      recognises: (hash) => hash.startsWith('broken:'),
      verify: () => Promise.reject(new Error('the key of the project is missing')),
    };
    const hooked = hasherWith([firebase, broken]);
    expect(await hooked.verify('a', 'firebase:a')).toEqual({ kind: 'match', rehash: 'needed' });
    expect(await hooked.verify('b', 'firebase:a')).toEqual({ kind: 'mismatch' });
    await expect(hooked.verify('a', 'broken:a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a hook that throws in `recognises`, or does not answer within the bound, is an outage', async () => {
    const looking = hasherWith([
      {
        recognises: () => {
          throw new TypeError('no');
        },
        verify: () => Promise.resolve(true),
      },
    ]);
    await expect(looking.verify('a', 'other:a')).rejects.toMatchObject({ code: 'unavailable' });
    const silent = hasherWith(
      [{ recognises: () => true, verify: () => new Promise(() => undefined) }],
      10,
    );
    // the second would wait for ever if the others did not release their turns
    await expect(
      Promise.allSettled([1, 2, 3].map(() => silent.verify('a', 'other:a'))),
    ).resolves.toEqual(Array(3).fill(expect.objectContaining({ status: 'rejected' })));
    await expect(silent.verify('a', 'other:a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a hook gets a hash of any length', async () => {
    const long = `keycloak:${'x'.repeat(3000)}`;
    const hooked = hasherWith([
      {
        recognises: (hash) => hash === long,
        verify: (password) => Promise.resolve(password === 'a'),
      },
    ]);
    expect(await hooked.verify('a', long)).toEqual({ kind: 'match', rehash: 'needed' });
  });

  it('no refusal is faster than the slowest hash in the table, also for an unknown account', async () => {
    const slow = hasherWith([SLOW]);
    await slow.verify('x', 'slow');
    const today = await slow.hash('correct horse');
    for (const refuse of [
      () => slow.verifyNothing('x'),
      () => slow.verify('x', today),
      () => slow.verify('x', 'none'),
    ])
      expect(await took(refuse)).toBeGreaterThanOrEqual(SLOW_MS);
  });

  it('no refusal of a fast old hash is faster than a refusal of a current hash', async () => {
    const instant = {
      recognises: (hash: string) => hash === 'instant',
      verify: () => Promise.resolve(false),
    };
    const fast = hasherWith([instant], 5_000, 16_384);
    await fast.onModuleInit();
    const today: number[] = [];
    for (let n = 0; n < 3; n++) today.push(await took(() => fast.verifyNothing('x')));
    expect(await took(() => fast.verify('x', 'instant'))).toBeGreaterThanOrEqual(
      Math.min(...today),
    );
  });

  it('with two costs of one format, no refusal is faster than the slower one, however many fast ones follow', async () => {
    const mixed = hasherWith();
    const [cheap, dear] = await Promise.all(
      [4, 10].map((cost) => bcrypt.hash('correct horse', cost)),
    );
    const dearMs = await took(() => mixed.verify('correct horse', dear ?? ''));
    for (let n = 0; n < 30; n++) await mixed.verify('correct horse', cheap ?? '');
    for (const refuse of [() => mixed.verifyNothing('x'), () => mixed.verify('x', cheap ?? '')])
      expect(await took(refuse)).toBeGreaterThanOrEqual(dearMs);
  });

  it('an Argon2 hash beyond the bound is not computed, whatever its parameters', async () => {
    const huge = '$argon2id$v=19$m=1048576,t=16,p=1$d4HBjxpW2Qg$vDA32One94FUIvbjOWAUJw';
    const manyPasses = '$argon2id$v=19$m=8,t=4294967295,p=1$d4HBjxpW2Qg$vDA32One94FUIvbjOWAUJw';
    for (const hash of [huge, manyPasses])
      expect(await hasher.verify('correct horse', hash)).toEqual({
        kind: 'unusable',
        reason: 'too_costly',
      });
  });

  it('an Argon2 hash with other parameters matches the normalised password (ours) or the typed one (other systems)', async () => {
    const typed = 'pa\u017f\uFB03word';
    for (const text of [typed, typed.normalize('NFKC')]) {
      const hash = await argon2.hash(text, { memoryCost: 64, timeCost: 2 });
      expect(await hasher.verify(typed, hash)).toEqual({ kind: 'match', rehash: 'needed' });
    }
  });

  it('another system’s hash of the typed password with the current parameters matches and is replaced', async () => {
    const typed = 'pa\u017f\uFB03word';
    const today = { memoryCost: 1024, timeCost: 1, parallelism: 1 };
    const [theirs, ours] = [await argon2.hash(typed, today), await hasher.hash(typed)];
    expect(await hasher.verify(typed, theirs)).toEqual({ kind: 'match', rehash: 'needed' });
    expect(await hasher.verify(typed.normalize('NFKC'), theirs)).toEqual({ kind: 'mismatch' });
    expect(await hasher.verify(typed, ours)).toEqual({ kind: 'match', rehash: 'current' });
    expect(await hasher.verify(typed.normalize('NFKC'), ours)).toEqual({
      kind: 'match',
      rehash: 'current',
    });
  });

  it('a password that is not normalised costs two comparisons for every account', async () => {
    const [typed, verify] = ['pa\u017f\uFB03word', jest.spyOn(argon2, 'verify')];
    const other = await argon2.hash('x', { memoryCost: 64, timeCost: 2 });
    const today = await hasher.hash('x');
    const counts: number[] = [];
    for (const refuse of [
      () => hasher.verifyNothing(typed),
      () => hasher.verify(typed, today),
      () => hasher.verify(typed, other),
      () => hasher.verify(typed, 'none'),
    ]) {
      verify.mockClear();
      await refuse();
      counts.push(verify.mock.calls.length);
    }
    verify.mockRestore();
    expect(counts).toEqual([2, 2, 2, 2]);
  });

  it('a correct password that is still refused takes as long as a wrong one', async () => {
    const slow = hasherWith([SLOW]);
    await slow.verify('x', 'slow');
    const today = await slow.hash('x');
    const started = performance.now();
    expect(await slow.verify('x', today, undefined, 'refused')).toEqual({
      kind: 'match',
      rehash: 'current',
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(SLOW_MS);
  });

  it.each(VECTORS.filter(([, hash]) => /^\$2[aby]\$/.test(hash)))(
    'Argon2id over %s: matches the password, does not contain the bcrypt digest, and asks for a new hash',
    async (_name, hash) => {
      const wrapped = await wrapBcrypt(hash, { memoryCost: 64, timeCost: 1, parallelism: 1 });
      expect(wrapped).toMatch(/^bcrypt\$2[aby]\$04\$.{22}\$argon2id\$/);
      expect(wrapped).not.toContain(hash.slice(-31));
      expect(await hasher.verify('correct horse', wrapped ?? '')).toEqual({
        kind: 'match',
        rehash: 'needed',
      });
      for (const wrong of ['correct horse!', hash, hash.slice(-31), ''])
        expect(await hasher.verify(wrong, wrapped ?? '')).toEqual({ kind: 'mismatch' });
    },
  );

  it('Argon2id over bcrypt: a cost of either beyond the bound is not computed; another format is not wrapped', async () => {
    const setting = '$2b$04$nAPPVppyF7u0uBJ88vCzHO';
    const outer = '$argon2id$v=19$m=64,t=1,p=1$d4HBjxpW2Qg$vDA32One94FUIvbjOWAUJw';
    for (const hash of [
      `bcrypt${setting.replace('04', '30')}${outer}`,
      `bcrypt${setting}${outer.replace('t=1', 't=4000000')}`,
    ])
      expect(await hasher.verify('x', hash)).toEqual({ kind: 'unusable', reason: 'too_costly' });
    for (const other of ['', '5f4dcc3b5aa765d61d8327deb882cf99', outer])
      expect(
        await wrapBcrypt(other, { memoryCost: 64, timeCost: 1, parallelism: 1 }),
      ).toBeUndefined();
  });
});
