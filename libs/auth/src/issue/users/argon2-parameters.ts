import argon2, { type Options, type ParsedHashOptions } from '@node-rs/argon2';

/** RFC 9106. The package's const enums cannot be used under `isolatedModules`. */
const ARGON2ID = 2;
const VERSION_19 = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** No host configures more; a stored hash that asks for it would take the process down. */
const MAX_MEMORY_KIB = 2 ** 20;
const MAX_WORK_KIB = 2 ** 24;

export interface Argon2Cost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

export function argon2Options(cost: Argon2Cost): Options {
  return {
    algorithm: ARGON2ID,
    version: VERSION_19,
    memoryCost: cost.memoryCost,
    timeCost: cost.timeCost,
    parallelism: cost.parallelism,
    outputLen: TAG_BYTES,
  };
}

/** Whether a stored PHC string was made with the present parameters; `unusable` when it is not a PHC string, or costs beyond reason. */
export function standingOf(phc: string, cost: Argon2Cost): 'current' | 'outdated' | 'unusable' {
  const parsed = parse(phc);
  if (!parsed) return 'unusable';
  if (parsed.memoryCost > MAX_MEMORY_KIB || parsed.memoryCost * parsed.timeCost > MAX_WORK_KIB)
    return 'unusable';
  const current =
    parsed.algorithm === ARGON2ID &&
    parsed.version === VERSION_19 &&
    parsed.memoryCost === cost.memoryCost &&
    parsed.timeCost === cost.timeCost &&
    parsed.parallelism === cost.parallelism &&
    parsed.outputLen === TAG_BYTES &&
    parsed.saltLen >= SALT_BYTES;
  return current ? 'current' : 'outdated';
}

function parse(phc: string): ParsedHashOptions | undefined {
  try {
    return argon2.parseOptions(phc);
  } catch {
    return undefined;
  }
}
