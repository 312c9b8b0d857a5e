import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

/**
 * `FUZZ_SEED` repeats a run; `FUZZ_RUNS=100000` makes it as long as before a release. The default is for `npm test`.
 */
const SEED = numberOf('FUZZ_SEED') ?? Math.floor(Math.random() * 0x7fffffff);
const RUNS = numberOf('FUZZ_RUNS') ?? 5_000;
const TIMEOUT_MS = 60_000 + RUNS;
/** A linear parser needs a few milliseconds; a quadratic one needs minutes. */
const LONG = 200_000;
const BATCH = 10;
const LONG_WITHIN_MS = 2_000;

/** `check` throws on a failure, because `expect` for so many inputs would take most of the time. */
export interface Target<T> {
  readonly inputs: fc.Arbitrary<T>;
  readonly check: (input: T) => void;
  /** The fraction of the usual number of inputs, if each input is expensive. Default 1. */
  readonly share?: number;
}

/** Runs random inputs against a target. The seed is printed, again with the smallest failing input. */
export function fuzz<T>(name: string, { inputs, check, share = 1 }: Target<T>): void {
  it(
    name,
    () => {
      const numRuns = Math.ceil(RUNS * share);
      announce(name, numRuns);
      fc.assert(fc.property(inputs, check), { numRuns, seed: SEED });
    },
    TIMEOUT_MS,
  );
}

/**
 * The same for asynchronous targets, several at a time, because one turn of the event loop per input would take most of
 * the time.
 */
export function fuzzAsync<T>(name: string, { inputs, check }: AsyncTarget<T>): void {
  it(
    name,
    async () => {
      announce(name, RUNS);
      const some = fc.array(inputs, { minLength: BATCH, maxLength: BATCH });
      const property = fc.asyncProperty(some, async (batch) => {
        await Promise.all(batch.map(check));
      });
      await fc.assert(property, { numRuns: Math.ceil(RUNS / BATCH), seed: SEED });
    },
    TIMEOUT_MS,
  );
}

export interface AsyncTarget<T> {
  readonly inputs: fc.Arbitrary<T>;
  readonly check: (input: T) => Promise<void>;
}

function announce(name: string, runs: number): void {
  process.stdout.write(`fuzz: ${name}: ${String(runs)} inputs, FUZZ_SEED=${String(SEED)}\n`);
}

/** JSON of any shape, a few members deep; cheaper than `fc.jsonValue`. */
export function jsonOf(
  scalars: readonly unknown[],
  names: readonly string[],
): fc.Arbitrary<unknown> {
  return fc
    .array(fc.nat(1 << 20), { minLength: 1, maxLength: 12 })
    .map((choices) => built(choices, 0, scalars, names));
}

function built(
  choices: number[],
  depth: number,
  scalars: readonly unknown[],
  names: readonly string[],
): unknown {
  const choice = choices.pop() ?? 0;
  const children = (): unknown[] =>
    Array.from({ length: (choice >> 2) % 4 }, () => built(choices, depth + 1, scalars, names));
  if (depth < 3 && choice % 4 === 1) return children();
  if (depth < 3 && choice % 4 === 2)
    return Object.fromEntries(
      children().map((child, at) => [names[(choice + at) % names.length], child]),
    );
  return scalars[choice % scalars.length];
}

/** Texts for a parser: its own tokens in any order. */
export function textOf(words: readonly string[], maxLength = 14): fc.Arbitrary<string> {
  return fc
    .array(fc.nat(words.length - 1), { maxLength })
    .map((picked) => picked.map((at) => words[at]).join(''));
}

/** One to three changes to a good text: characters replaced, dropped, added, doubled or swapped, or the end cut off. */
export function mutantsOf(good: readonly string[], alphabet: string): fc.Arbitrary<string> {
  const chars = [...alphabet];
  const edit = fc.tuple(fc.nat(5), fc.nat(1 << 20), fc.nat(chars.length - 1));
  return fc
    .tuple(fc.nat(good.length - 1), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([which, edits]) =>
      edits.reduce(
        (text, [how, where, char]) =>
          edited(text, how, where % (text.length + 1), chars[char] ?? ''),
        good[which] ?? '',
      ),
    );
}

function edited(text: string, how: number, at: number, char: string): string {
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (how) {
    case 0:
      return before + char + after.slice(1);
    case 1:
      return before + after.slice(1);
    case 2:
      return before + char + after;
    case 3:
      return before + after.slice(0, 1) + after;
    case 4:
      return before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
    default:
      return before;
  }
}

/** Reads a long repetition of each word within a time that only a linear parser meets. */
export function staysLinear(
  name: string,
  words: readonly string[],
  read: (text: string) => unknown,
): void {
  describe(`${name}, at length`, () => {
    it('takes linear time', () => {
      for (const word of words) {
        const text = word.repeat(Math.ceil(LONG / word.length));
        const startedAt = process.cpuUsage();
        try {
          read(text);
        } catch {
          // a refusal is an answer
        }
        expect({ word, inTime: spentMs(startedAt) < LONG_WITHIN_MS }).toEqual({
          word,
          inTime: true,
        });
      }
    });
  });
}

/** CPU time, because wall time also counts while other processes run. */
function spentMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** Throws, so that fast-check reports the input. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
}
