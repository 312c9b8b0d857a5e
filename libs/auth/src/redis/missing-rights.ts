import { Logger } from '@nestjs/common';

/** What the server tells a user without the right, and what it tells a script of theirs. */
const NO_RIGHT = /^NOPERM|user executing the script can't/;
const CURE =
  '+@read +@write +@scripting +@connection +info +time, and the keys with the keyPrefix of the client in front (docs/deployment.md)';

const logger = new Logger('Tokenward');
const told = new WeakMap<object, Set<string>>();

/** The right that is missing, for the log. Undefined for every other failure. */
export function missingRight(error: unknown): string | undefined {
  if (!(error instanceof Error) || !NO_RIGHT.test(error.message)) return undefined;
  return `Redis refuses it to this user (ACL); allow ${CURE}`;
}

/** Says once for a client what does not work; unlike an outage it does not pass by itself. */
export function tellMissingRight(client: object, what: string, error: unknown): void {
  const right = missingRight(error);
  const before = told.get(client) ?? new Set();
  if (right === undefined || before.has(what)) return;
  told.set(client, before.add(what));
  logger.warn(`${what}: ${right}`);
}
