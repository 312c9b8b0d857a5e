import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { saidYes } from '../../common/said-yes.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import type {
  LoginCandidate,
  UserAccount,
  UserDirectory,
} from '../../storage/user-directory.port.js';

const logger = new Logger('Tokenward');

/**
 * The host's directory. Any error that it throws, and an answer after the deadline, becomes
 * `AuthError('unavailable')`.
 */
export function guardedUserDirectory(
  directory: UserDirectory,
  deadlineMs: number,
  tell: (event: AuthEventInput) => void = () => undefined,
): UserDirectory {
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(Promise.resolve().then(question), deadlineMs, 'the user directory');
    } catch (error) {
      if (error instanceof AuthError) {
        const [userId, otherId] = error.extra.userIds ?? [];
        if (error.reason === 'user_ambiguous') tell({ type: 'user.ambiguous', userId, otherId });
        throw error;
      }
      throw AuthError.unavailable(`the user directory failed: ${said(error, directory)}`, error);
    }
  };
  const create = directory.create?.bind(directory);
  const findByIdentifier = directory.findByIdentifier?.bind(directory);
  const { accounts } = directory;
  const find = (question: () => Promise<LoginCandidate | undefined>) =>
    ask(async () => known(await question()));
  const change = (what: string, question: () => Promise<boolean>) =>
    ask(async () => saidYes(`the user directory: ${what}`, await question()));
  return {
    findByEmail: (...asked) => find(() => directory.findByEmail(...asked)),
    ...(findByIdentifier && {
      findByIdentifier: (...asked: Parameters<typeof findByIdentifier>) =>
        find(() => findByIdentifier(...asked)),
    }),
    tenants: directory.tenants,
    findById: (id, tx) => find(() => directory.findById(id, tx)),
    replacePasswordHash: (...given) =>
      change('replacePasswordHash', () => directory.replacePasswordHash(...given)),
    ...(create && { create: (user) => ask(() => create(user)) }),
    ...(accounts && {
      accounts: {
        ...(accounts.longestEmail !== undefined && { longestEmail: accounts.longestEmail }),
        setPasswordHash: (...given) =>
          change('setPasswordHash', () => accounts.setPasswordHash(...given)),
        verifyEmail: (...given) => change('verifyEmail', () => accounts.verifyEmail(...given)),
        changeEmail: (...given) => ask(() => accounts.changeEmail(...given)),
      },
    }),
  };
}

/**
 * A database library uses `null` for no user and for missing values. Without type checks these
 * nulls arrive here.
 */
function known(found: LoginCandidate | null | undefined): LoginCandidate | undefined {
  if (!found) return undefined;
  const given = Object.entries(found.account).filter(([, value]) => value !== null);
  const {
    email = '',
    permissions = [],
    disabled: isDisabled,
    emailVerified: isVerified,
    ...account
  } = Object.fromEntries(given) as Partial<UserAccount>;
  const disabled = flag('disabled', isDisabled);
  const emailVerified = flag('emailVerified', isVerified);
  const isWhole =
    given.length === Object.keys(found.account).length &&
    email === found.account.email &&
    disabled === isDisabled &&
    emailVerified === isVerified;
  if (isWhole && permissions === found.account.permissions) return found;
  const flags = {
    ...(disabled !== undefined && { disabled }),
    ...(emailVerified !== undefined && { emailVerified }),
  };
  return { ...found, account: { ...(account as UserAccount), ...flags, email, permissions } };
}

/**
 * Databases without booleans give 0 and 1. Everything else (the text `false`, the bytes of a `bit`) counts as true in
 * an `if`, whatever it means.
 */
function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 0 || value === 0n) return false;
  if (value === 1 || value === 1n) return true;
  throw AuthError.unavailable(`the user directory: account.${name} must be true or false`);
}

/**
 * Messages that quote names of the source and no value. Others may quote what somebody typed: `Cannot convert hunter2
 * to a BigInt`.
 */
const OWN_WORDS = [
  /^Cannot (?:read|set) properties of (?:undefined|null)(?: \((?:reading|setting) '[A-Za-z_$][\w$]*'\))?$/,
  /^(?:Cannot access '\w+' before initialization|Assignment to constant variable\.?)$/,
  /^[\w.$()]+ is not (?:a function|a constructor|defined|iterable)$/,
];

/**
 * A mistake in the host's code is not an outage and is logged. Of other errors only the name is
 * logged, because a driver's message may contain values.
 */
function said(error: unknown, directory: UserDirectory): string {
  if (!(error instanceof Error)) return 'it threw what is not an Error';
  const mistakes = [TypeError, ReferenceError, RangeError, SyntaxError];
  // compared by name, too: a test runner has its own classes
  if (mistakes.some((kind) => error instanceof kind || error.name === kind.name)) {
    const owner = directory.constructor.name || 'the user directory';
    const isSource = OWN_WORDS.some((words) => words.test(error.message));
    const words = isSource ? error.message : error.name;
    logger.error(`a mistake in ${owner}, the host's user directory: ${words}`, framesOf(error));
  }
  return error.name;
}

/** The stack without the message. A message may quote lines that somebody typed to look like frames. */
function framesOf({ stack = '', message }: Error): string | undefined {
  const at = stack.indexOf(message);
  if (at < 0) return undefined;
  const lines = stack.slice(at + message.length).split('\n');
  return lines.filter((line) => /^ +at /.test(line)).join('\n');
}
