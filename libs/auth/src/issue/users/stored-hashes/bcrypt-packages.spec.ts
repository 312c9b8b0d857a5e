import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import real from '@node-rs/bcrypt';
import { scratchDir } from '../../../../../../test/support/run-environment.js';

/**
 * The package that the host installed. npm's `bcrypt` (C++) answers "no" for a hash with a letter that it does not
 * know.
 */
const KNOWN_LETTERS = /^\$2[ab]\$/;
const OF_C = {
  compare: (password: string, hash: string) =>
    KNOWN_LETTERS.test(hash) ? real.compare(password, hash) : Promise.resolve(false),
  hash: (_password: string, setting: string) => {
    if (!KNOWN_LETTERS.test(setting)) return Promise.reject(new Error('Invalid salt'));
    return Promise.resolve(DIGESTS[setting] ?? '');
  },
};
const LARAVEL = '$2y$04$.qw/ZFnnnbyuQF0yg2.weuHJDVoOFCXvhM2xKVK5oEGHYdYR9Di1W';
const DIGESTS: Readonly<Record<string, string>> = {
  [LARAVEL.slice(0, 29).replace('2y', '2b')]: LARAVEL.replace('2y', '2b'),
};

beforeEach(() => {
  jest.resetModules();
  jest.unstable_mockModule('@node-rs/bcrypt', () => Promise.reject(new Error('not installed')));
  jest.unstable_mockModule('bcrypt', () => ({ default: OF_C }), { virtual: true });
});

it('each package is an optional peer, without which Yarn and pnpm refuse to load it', async () => {
  const { BCRYPT_PACKAGES } = await import('./bcrypt-hash.js');
  const manifest = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const { peerDependenciesMeta } = JSON.parse(manifest) as { peerDependenciesMeta: object };
  const optional = BCRYPT_PACKAGES.map((name) => [name, { optional: true }]);
  expect(peerDependenciesMeta).toMatchObject(Object.fromEntries(optional));
});

describe('with the native bcrypt package', () => {
  it.each([
    ['PHP, Laravel', LARAVEL],
    ['Django', `bcrypt$${LARAVEL}`],
    ['OpenBSD, Rails', '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK'],
    ['Spring', '$2a$04$CG3bhVC/DOVmu2wpN7mxOu8cxpDqlIRfQ3x6jdoDOydTjRnl5ESnG'],
  ])('a hash of %s is of its password and of no other', async (_of, hash) => {
    const { readBcrypt } = await import('./bcrypt-hash.js');
    expect(await readBcrypt(hash)?.verify('correct horse')).toBe(true);
    expect(await readBcrypt(hash)?.verify('wrong horse')).toBe(false);
  });

  it('Argon2id over a PHP hash matches its password', async () => {
    const { readWrapped, wrapBcrypt } = await import('./wrapped-hash.js');
    const wrapped = await wrapBcrypt(LARAVEL, { memoryCost: 64, timeCost: 1, parallelism: 1 });
    expect(await readWrapped(wrapped ?? '')?.verify('correct horse')).toBe(true);
  });
});

describe('in a bundle, whose imports by a computed name find nothing', () => {
  const [, entry] = process.argv;
  afterEach(() => {
    process.argv[1] = entry ?? '';
  });

  it('uses the package that is installed beside the bundle', async () => {
    for (const name of ['bcrypt', 'bcryptjs'])
      jest.unstable_mockModule(name, () => Promise.reject(new Error('not in the bundle')), {
        virtual: true,
      });
    const folder = scratchDir('bundle');
    const installed = join(folder, 'node_modules', 'bcryptjs');
    mkdirSync(installed, { recursive: true });
    writeFileSync(
      join(installed, 'index.js'),
      "exports.compare = async (password) => password === 'correct horse'; exports.hash = async () => '';",
    );
    process.argv[1] = join(folder, 'main.js');
    const { readBcrypt } = await import('./bcrypt-hash.js');
    expect(await readBcrypt(LARAVEL)?.verify('correct horse')).toBe(true);
    expect(await readBcrypt(LARAVEL)?.verify('wrong horse')).toBe(false);
  });
});
