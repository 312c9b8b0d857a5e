/** Where a command writes; whole texts, line ends included. */
export interface Io {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command found or did: lines for people, data for `--json`. Secrets are in it only where the command's purpose is to print one. */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly data: unknown;
}

/** Wrong use: exit code 2, with a hint at the help. Everything else that fails is exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and could not be done; its message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
