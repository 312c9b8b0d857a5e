import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import type { AccountDirectory } from '../../storage/account-directory.port.js';
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
  return {
    findByEmail: (...asked) => ask(() => directory.findByEmail(...asked)).then(known),
    ...(findByIdentifier && {
      findByIdentifier: (...asked: Parameters<typeof findByIdentifier>) =>
        ask(() => findByIdentifier(...asked)).then(known),
    }),
    tenants: directory.tenants,
    findById: (id, tx) => ask(() => directory.findById(id, tx)).then(known),
    replacePasswordHash: (...change) => ask(() => directory.replacePasswordHash(...change)),
    ...(create && { create: (user) => ask(() => create(user)) }),
    ...(accounts && { accounts: guarded(accounts, ask) }),
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
    ...account
  } = Object.fromEntries(given) as Partial<UserAccount>;
  const isWhole =
    given.length === Object.keys(found.account).length && email === found.account.email;
  if (isWhole && permissions === found.account.permissions) return found;
  return { ...found, account: { ...(account as UserAccount), email, permissions } };
}

function guarded(
  accounts: AccountDirectory,
  ask: <T>(question: () => Promise<T>) => Promise<T>,
): AccountDirectory {
  const { longestEmail } = accounts;
  return {
    ...(longestEmail !== undefined && { longestEmail }),
    setPasswordHash: (...change) => ask(() => accounts.setPasswordHash(...change)),
    verifyEmail: (...change) => ask(() => accounts.verifyEmail(...change)),
    changeEmail: (...change) => ask(() => accounts.changeEmail(...change)),
  };
}

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
    logger.error(`a mistake in ${owner}, the host's user directory: ${error.message}`, error.stack);
  }
  return error.name;
}
