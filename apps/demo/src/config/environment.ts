import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartError } from '../../../../tools/embedded-postgres/start-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable after the other; every problem is one line that names the variable and never shows its value. */
export class EnvironmentReader {
  constructor(private readonly environment: Environment) {}

  /** Undefined when it is not set; an empty text, or one of blanks, counts as not set. */
  text(name: string): string | undefined {
    return this.environment[name]?.trim() || undefined;
  }

  /** Comma separated, blanks around an entry dropped; undefined when not set. */
  list(name: string): readonly string[] | undefined {
    const entries = this.text(name)
      ?.split(',')
      .map((entry) => entry.trim());
    if (entries?.includes(''))
      throw problem(name, 'has an empty entry; separate the entries by one comma each');
    return entries;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const given = this.text(name);
    if (given === undefined) return fallback;
    const found = allowed.find((each) => each === given);
    if (found === undefined) throw problem(name, `must be one of ${allowed.join(', ')}`);
    return found;
  }

  /** `true` or `false`, in any case. */
  flag(name: string, fallback: boolean): boolean {
    const given = this.text(name)?.toLowerCase();
    if (given === undefined) return fallback;
    if (given !== 'true' && given !== 'false') throw problem(name, 'must be true or false');
    return given === 'true';
  }

  wholeNumber(name: string, min: number, max: number, fallback: number): number {
    const given = this.text(name);
    return given === undefined ? fallback : wholeNumber(name, given, min, max);
  }
}

export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max)
    throw problem(name, `must be a whole number from ${min} to ${max}`);
  return value;
}

export function problem(name: string, what: string): StartError {
  return new StartError(`${name} ${what}`);
}

/** The process's own variables, and those of a `.env` in the working directory that are not set otherwise. */
export function processEnvironment(): Environment {
  const file = resolve('.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return process.env;
}
