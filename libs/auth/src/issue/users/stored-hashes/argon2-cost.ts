import argon2 from '@node-rs/argon2';
import type { StoredHash } from './stored-hash.js';

/** Milliseconds for one KiB in one pass, on a slow core. */
const ARGON2_KIB_MS = 0.0015;
/** A shorter tag was truncated by a column: the hash is broken, not the password wrong. */
const LEAST_TAG_BYTES = 16;

/** The cost of verifying an Argon2 hash; undefined for another text. */
export function argon2CostOf(phc: string): Pick<StoredHash, 'costMs' | 'memoryKib'> | undefined {
  if (!phc.startsWith('$argon2')) return undefined;
  try {
    const { memoryCost, timeCost, outputLen } = argon2.parseOptions(phc);
    if (outputLen < LEAST_TAG_BYTES) return undefined;
    return { costMs: memoryCost * timeCost * ARGON2_KIB_MS, memoryKib: memoryCost };
  } catch {
    return undefined;
  }
}
