import argon2 from '@node-rs/argon2';
import { AuthError } from '../../../common/auth-error.js';
import { withDeadline } from '../../../common/deadline.js';
import type { StoredHashHook } from '../../../options/password-options.js';
import type { ResolvedAuthOptions } from '../../../options/resolved-options.js';
import { argon2CostOf } from './argon2-cost.js';
import { readBcrypt } from './bcrypt-hash.js';
import { readPbkdf2 } from './pbkdf2-hash.js';
import { readScrypt } from './scrypt-hash.js';
import type { HashReader, StoredHash } from './stored-hash.js';
import { readWrapped } from './wrapped-hash.js';

/** The longest hash of a built-in form. */
const MOST_CHARACTERS = 1024;

/** Argon2 of any variant and parameters, with or without Django's prefix. */
const readArgon2: HashReader = (text) => {
  const phc = text.startsWith('argon2$argon2') ? text.slice('argon2'.length) : text;
  const cost = argon2CostOf(phc);
  return (
    cost && {
      form: 'argon2',
      ...cost,
      mayBeOurs: true,
      verify: (password) => argon2.verify(phc, password),
    }
  );
};

const READERS: readonly HashReader[] = [
  readArgon2,
  readBcrypt,
  readWrapped,
  readScrypt,
  readPbkdf2,
];

type Rules = Pick<ResolvedAuthOptions['passwords'], 'storedHashes' | 'storedHashLimitMs'>;

/**
 * Finds a reader for a stored hash: first the built-in forms, then the host's hooks in their order.
 * Throws `unavailable` if a hook fails.
 */
export function recognise(
  text: string,
  { storedHashes, storedHashLimitMs }: Rules,
): StoredHash | undefined {
  for (const read of text.length > MOST_CHARACTERS ? [] : READERS) {
    const stored = read(text);
    if (stored) return stored;
  }
  const hook = storedHashes.find((each) => recognises(each, text));
  return (
    hook && { form: 'hook', costMs: 0, memoryKib: 0, verify: (password) => asked(hook, password) }
  );

  // a hook that never answers would block its turn for ever
  function asked({ verify }: StoredHashHook, password: string): Promise<boolean> {
    const answer = Promise.resolve().then(() => verify(password, text));
    return withDeadline(answer, storedHashLimitMs, 'passwords.storedHashes');
  }
}

function recognises(hook: StoredHashHook, text: string): boolean {
  try {
    return hook.recognises(text);
  } catch (error) {
    throw AuthError.unavailable('passwords.storedHashes: recognises threw', error);
  }
}
