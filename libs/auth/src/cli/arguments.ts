import { parseArgs } from 'node:util';
import { parseDuration } from '../common/duration.js';
import { nearest } from '../common/option-names.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../options/key-options.js';
import { type Environment, UsageError } from './io.js';

const OPTIONS = {
  algorithm: { type: 'string' },
  bits: { type: 'string' },
  'clock-tolerance': { type: 'string' },
  column: { type: 'string' },
  'database-url': { type: 'string' },
  dir: { type: 'string' },
  encryption: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  hmac: { type: 'boolean' },
  id: { type: 'string' },
  'id-column': { type: 'string' },
  json: { type: 'boolean' },
  keep: { type: 'string' },
  'keep-key': { type: 'string', multiple: true },
  'lead-time': { type: 'string' },
  out: { type: 'string' },
  prefix: { type: 'string' },
  schema: { type: 'string' },
  stdout: { type: 'boolean' },
  table: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

export type OptionName = keyof typeof OPTIONS;
export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

export interface Arguments {
  readonly words: readonly string[];
  readonly values: Values;
}

/**
 * A key id can start with a dash: 1 RFC 7638 thumbprint in 64 does (base64url). No option is as
 * long as a key id.
 */
const DASHED_KID = /^-[\w-]{40,}$/;

/** @throws UsageError that says what is wrong. It never contains a value. */
export function readArguments(argv: readonly string[]): Arguments {
  const kidAt = argv.findIndex((word, at) => argv[at - 1] === 'revoke' && DASHED_KID.test(word));
  const args = argv.filter((_, at) => at !== kidAt);
  try {
    const { positionals, values } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { words: kidAt < 0 ? positionals : [...positionals, argv[kidAt] as string], values };
  } catch (error) {
    const code = (error as { code?: string }).code;
    const name = /'(-{1,2}[a-z-]+)/.exec((error as Error).message)?.[1] ?? 'an option';
    throw new UsageError(
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `${name} is not an option of tokenward${meant(name)}`
        : `${name} is not used correctly`,
    );
  }
}

function meant(unknown: string): string {
  const near = nearest(unknown, Object.keys(OPTIONS));
  return near === undefined ? '' : `; did you mean --${near}?`;
}

/** An option of another command is a mistake: it is refused, not ignored. */
export function allowOnly(values: Values, ...allowed: readonly OptionName[]): void {
  for (const name of Object.keys(values) as OptionName[])
    if (name !== 'json' && name !== 'help' && !allowed.includes(name))
      throw new UsageError(`--${name} is not an option of this command`);
}

export function algorithmOf(text: string): SigningAlgorithm {
  const found = SIGNING_ALGORITHMS.find((each) => each === text);
  if (!found) throw new UsageError(`--algorithm must be one of ${SIGNING_ALGORITHMS.join(', ')}`);
  return found;
}

/** Milliseconds. */
export function durationOf(name: OptionName, text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined)
    throw new UsageError(`--${name} is not a duration: write it as 900s, 15m or 30d`);
  return parsed;
}

export function bitsOf(text: string): number {
  const bits = Number(text);
  if (!/^\d{4,5}$/.test(text) || bits < 2048 || bits > 16_384 || bits % 8 !== 0)
    throw new UsageError('--bits must be from 2048 to 16384: 3072 is good beyond 2030');
  return bits;
}

export function databaseUrlOf({ values }: Arguments, environment: Environment): string | undefined {
  return values['database-url'] ?? (environment['DATABASE_URL']?.trim() || undefined);
}
