import { AuthError } from '../common/auth-error.js';
import { type Arguments, readArguments } from './arguments.js';
import { HELP } from './help.js';
import { CommandError, type CommandResult, type Environment, type Io, UsageError } from './io.js';
import { generateKey, listKeys, revokeKey, rotateKey } from './keys-command.js';
import { makeSecret } from './secret-command.js';

type Command = (
  args: Arguments,
  environment: Environment,
) => CommandResult | Promise<CommandResult>;

const COMMANDS: Readonly<Record<string, Command>> = {
  'keys generate': generateKey,
  'keys rotate': rotateKey,
  'keys list': listKeys,
  'keys revoke': revokeKey,
  secret: makeSecret,
  // loaded only when needed: Drizzle and pg are optional
  migrate: async (...given) => (await import('./database-commands.js')).migrate(...given),
  'hashes wrap': async (...given) => (await import('./hashes-command.js')).wrapHashes(...given),
  'sessions cleanup': async (...given) =>
    (await import('./database-commands.js')).cleanUp(...given),
  'after-restore': async (...given) =>
    (await import('./database-commands.js')).afterRestore(...given),
};

/** Runs `tokenward` and returns the exit code (0 done, 1 failed, 2 wrong usage). */
export async function run(
  argv: readonly string[],
  environment: Environment,
  io: Io,
): Promise<0 | 1 | 2> {
  const asJson = argv.includes('--json');
  try {
    const args = readArguments(argv);
    if (args.values.help || args.words.length === 0) {
      io.out(HELP);
      return args.values.help ? 0 : 2;
    }
    const [command, rest] = commandOf(args);
    const result = await command({ ...args, words: rest }, environment);
    io.out(
      asJson
        ? `${JSON.stringify(result.data)}\n`
        : result.lines.map((line) => `${line}\n`).join(''),
    );
    return 0;
  } catch (error) {
    const usage = error instanceof UsageError;
    const message = messageOf(error);
    io.error(asJson ? `${JSON.stringify({ error: message })}\n` : `tokenward: ${message}\n`);
    if (usage && !asJson) io.error('tokenward --help lists the commands and options.\n');
    return usage ? 2 : 1;
  }
}

function commandOf({ words }: Arguments): [Command, readonly string[]] {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command && words.length >= count) return [command, words.slice(count)];
  }
  throw new UsageError('there is no such command');
}

/**
 * A driver's message may contain the connection string, and Node's may quote a key. Only messages
 * written for people are printed.
 */
function messageOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  if (error instanceof AuthError) return error.detail;
  const { code, path } = error as { code?: unknown; path?: unknown };
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return 'this command needs two more packages: npm install drizzle-orm pg';
  const reason = [code, path].filter((each) => typeof each === 'string').join(' ');
  return `it failed${reason === '' ? '' : ` (${reason})`}`;
}
