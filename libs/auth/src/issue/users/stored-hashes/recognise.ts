import argon2 from '@node-rs/argon2';
import type { StoredHashHook } from '../../../options/auth-options.js';
import { argon2CostOf } from './argon2-cost.js';
import { readBcrypt } from './bcrypt-hash.js';
import { readPbkdf2 } from './pbkdf2-hash.js';
import { readScrypt } from './scrypt-hash.js';
import type { HashReader, StoredHash } from './stored-hash.js';
import { readWrapped } from './wrapped-hash.js';

const MOST_CHARACTERS = 1024;
/** Argon2 of any kind and parameters, with or without Django's prefix. */
const readArgon2: HashReader = (text) => {
  const phc = text.startsWith('argon2$argon2') ? text.slice('argon2'.length) : text;
  const cost = argon2CostOf(phc);
  return cost && { form: 'argon2', ...cost, verify: (password) => verifyArgon2(phc, password) };
};

/** Ours are of the normalised text; others hashed what was typed. */
async function verifyArgon2(phc: string, password: string): Promise<boolean> {
  const normalised = password.normalize('NFKC');
  if (await argon2.verify(phc, normalised)) return true;
  return normalised !== password && argon2.verify(phc, password);
}

const READERS: readonly HashReader[] = [readArgon2, readBcrypt, readWrapped, readScrypt, readPbkdf2];

/** Whoever reads the text of a stored hash: the forms that are built in, then the host's hooks in their order. */
export function recognise(text: string, hooks: readonly StoredHashHook[]): StoredHash | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  for (const read of READERS) {
    const stored = read(text);
    if (stored) return stored;
  }
  const hook = hooks.find((each) => each.recognises(text));
  return hook && { form: 'hook', costMs: 0, memoryKib: 0, verify: (password) => hook.verify(password, text) };
}
