import argon2, { type Options, type ParsedHashOptions } from '@node-rs/argon2';

/** RFC 9106. The package's const enums cannot be used with `isolatedModules`. */
const ARGON2ID = 2;
const VERSION_19 = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

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

/** Whether a stored PHC string has the current parameters. */
export function isCurrent(phc: string, cost: Argon2Cost): boolean {
  const parsed = parse(phc);
  return (
    parsed !== undefined &&
    parsed.algorithm === ARGON2ID &&
    parsed.version === VERSION_19 &&
    parsed.memoryCost === cost.memoryCost &&
    parsed.timeCost === cost.timeCost &&
    parsed.parallelism === cost.parallelism &&
    parsed.outputLen === TAG_BYTES &&
    parsed.saltLen >= SALT_BYTES
  );
}

function parse(phc: string): ParsedHashOptions | undefined {
  try {
    return argon2.parseOptions(phc);
  } catch {
    return undefined;
  }
}
