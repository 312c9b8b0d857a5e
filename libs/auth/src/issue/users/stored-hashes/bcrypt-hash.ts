import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { AuthError } from '../../../common/auth-error.js';
import type { HashReader, StoredHash } from './stored-hash.js';

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** passlib's bcrypt-sha256, version 2 (`v=2,t=2b,r=12`) and version 1 (`2b,12`). */
const PASSLIB_SHA256 =
  /^\$bcrypt-sha256\$(?:(v=2),t=)?(2[ab]),(?:r=)?(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;
/** Milliseconds at cost 0, on a slow core. Each step doubles the time. */
const STEP_MS = 0.08;
const LEAST_COST = 4;
const MOST_COST = 31;

/**
 * bcrypt in the usual form, with Django's prefixes, and in the forms that hash with SHA-256 first
 * (bcrypt uses only 72 bytes).
 */
export const readBcrypt: HashReader = (text) => {
  if (text.startsWith('bcrypt_sha256$'))
    return stored(text.slice('bcrypt_sha256$'.length), (password) =>
      createHash('sha256').update(password).digest('hex'),
    );
  const [, version, type = '', rounds = '', salt = '', digest = ''] =
    PASSLIB_SHA256.exec(text) ?? [];
  if (salt)
    return stored(`$${type}$${rounds.padStart(2, '0')}$${salt}${digest}`, (password) =>
      (version ? createHmac('sha256', salt) : createHash('sha256'))
        .update(password)
        .digest('base64'),
    );
  return stored(
    text.startsWith('bcrypt$') ? text.slice('bcrypt$'.length) : text,
    (password) => password,
  );
};

function stored(hash: string, prepared: (password: string) => string): StoredHash | undefined {
  const cost = Number(BCRYPT.exec(hash)?.[1]);
  if (!(cost >= LEAST_COST && cost <= MOST_COST)) return undefined;
  return {
    form: 'bcrypt',
    costMs: 2 ** cost * STEP_MS,
    memoryKib: 4,
    // `$2y$` is PHP's; the native package does not know it and would report a wrong password. The
    // digest is the same.
    verify: async (password) =>
      (await bcrypt()).compare(prepared(password), hash.replace(/^\$2y/, '$2b')),
  };
}

/** The hash of the password with the cost and the salt of `setting` (`$2b$10$` and 22 characters). */
export async function bcryptWith(password: string, setting: string): Promise<string> {
  const { hash, takesBytes } = await bcrypt();
  // some packages know no other letter; the digest is the same
  if (!takesBytes) return hash(password, setting.replace(/^\$2[ay]/, '$2b'));
  return hash(password, Number(setting.slice(4, 6)), bytesOf(setting.slice(7)));
}

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** bcrypt has its own order of the 64 characters. */
function bytesOf(salt: string): Buffer {
  const standard = [...salt].map((each) => STANDARD[ALPHABET.indexOf(each)]).join('');
  return Buffer.from(standard, 'base64');
}

interface BcryptPackage {
  compare(password: string, hash: string): Promise<boolean>;
  /** `@node-rs/bcrypt` takes cost and salt, the other packages take the text before the digest. */
  hash(password: string, costOrSetting: number | string, salt?: Buffer): Promise<string>;
}

interface Bcrypt extends BcryptPackage {
  readonly takesBytes: boolean;
}

export const BCRYPT_PACKAGES = ['@node-rs/bcrypt', 'bcrypt', 'bcryptjs'] as const;
let loaded: Promise<Bcrypt> | undefined;

/** Loads the package that the host installed. None is needed if no such hash is stored. */
function bcrypt(): Promise<Bcrypt> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Bcrypt> {
  for (const from of [(name: string): Promise<unknown> => import(name), besideTheBundle])
    for (const name of BCRYPT_PACKAGES) {
      const found = (await from(name).catch(() => undefined)) as
        (BcryptPackage & { default?: BcryptPackage }) | undefined;
      const module = typeof found?.compare === 'function' ? found : found?.default;
      if (typeof module?.compare !== 'function') continue;
      const { compare, hash } = module;
      return { compare, hash, takesBytes: name === '@node-rs/bcrypt' };
    }
  loaded = undefined;
  throw new AuthError(
    'unavailable',
    'a bcrypt hash is stored and no package verifies it: npm install @node-rs/bcrypt',
  );
}

/** webpack makes of an import by a computed name one that finds nothing. */
async function besideTheBundle(name: string): Promise<unknown> {
  return createRequire(process.argv[1] ?? '')(name);
}
