/** Where a command writes. Each call gets a whole text with its line ends. */
export interface Io {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a command found or did: lines for people, data for `--json`. It contains a secret only if
 * the command's purpose is to print one.
 */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly data: unknown;
}

/** Wrong usage: exit code 2, with a hint to read the help. All other failures give exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood but failed; the message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
