import argon2 from '@node-rs/argon2';
import { type Argon2Cost, argon2Options } from '../argon2-parameters.js';
import { argon2CostOf } from './argon2-cost.js';
import { bcryptWith, readBcrypt } from './bcrypt-hash.js';
import type { HashReader } from './stored-hash.js';

/** A bcrypt hash: the settings of its digest, and the digest. */
const BCRYPT = /^(\$2[aby]\$\d\d\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const WRAPPED = /^bcrypt(\$2[aby]\$\d\d\$[./A-Za-z0-9]{22})(\$argon2id\$.{1,200})$/;
/** Takes the place of the digest, which is not stored: such a hash is only read for its cost. */
const NO_DIGEST = '.'.repeat(31);

/**
 * Argon2id over a bcrypt hash, for a table whose old hashes must be replaced now although the
 * passwords are unknown: `bcrypt$2b$10$<salt>$argon2id$…`. Argon2id hashes the bcrypt digest, which
 * is not in the text. Undefined for a text that is not a bcrypt hash.
 */
export async function wrapBcrypt(hash: string, cost: Argon2Cost): Promise<string | undefined> {
  const [, setting, digest] = BCRYPT.exec(hash) ?? [];
  if (!setting || !digest) return undefined;
  return `bcrypt${setting}${await argon2.hash(digest, argon2Options(cost))}`;
}

export const readWrapped: HashReader = (text) => {
  const [, setting = '', outer = ''] = WRAPPED.exec(text) ?? [];
  const inner = readBcrypt(setting + NO_DIGEST);
  const cost = argon2CostOf(outer);
  if (!inner || !cost) return undefined;
  return {
    form: 'bcrypt, wrapped',
    costMs: inner.costMs + cost.costMs,
    memoryKib: cost.memoryKib,
    verify: async (password) => {
      const [, , digest = ''] = BCRYPT.exec(await bcryptWith(password, setting)) ?? [];
      return digest !== '' && argon2.verify(outer, digest);
    },
  };
};
