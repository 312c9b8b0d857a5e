import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartError } from '../../../../tools/embedded-postgres/start-error.js';

/** `POST` and `HOSTS` are not slips. */
const SHORTEST_SLIP = 8;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables one by one. Every problem is one line that names the variable and never its value. */
export class EnvironmentReader {
  private readonly asked = new Set<string>();

  constructor(private readonly environment: Environment) {}

  /** Undefined when it is not set; an empty text, or one of blanks, counts as not set. */
  text(name: string): string | undefined {
    this.asked.add(name);
    return this.environment[name]?.trim() || undefined;
  }

  /** A line for each unknown variable that differs by one typing error from a variable that is not set. */
  slips(): readonly string[] {
    return Object.keys(this.environment).flatMap((name) => {
      if (this.asked.has(name) || name.length < SHORTEST_SLIP) return [];
      const meant = [...this.asked].find(
        (each) => this.environment[each] === undefined && isSlip(name, each),
      );
      return meant ? [`${name} is not a variable of the demo: did you mean ${meant}?`] : [];
    });
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

/** One letter more, less, other, or two that changed places; in any case. */
function isSlip(given: string, known: string): boolean {
  let [a, b] = [given.toUpperCase(), known];
  while (a !== '' && a[0] === b[0]) [a, b] = [a.slice(1), b.slice(1)];
  while (a !== '' && a.at(-1) === b.at(-1)) [a, b] = [a.slice(0, -1), b.slice(0, -1)];
  if (a.length < 2 && b.length < 2) return true;
  return a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0];
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
