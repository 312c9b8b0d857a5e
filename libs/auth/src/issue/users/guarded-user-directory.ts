import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';

/** The host's directory, where whatever it throws, and an answer later than the deadline, is `AuthError('unavailable')`. */
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
      throw AuthError.unavailable('the user directory failed', error);
    }
  };
  const create = directory.create?.bind(directory);
  return {
    findByEmail: (email) => ask(() => directory.findByEmail(email)),
    findById: (id, tx) => ask(() => directory.findById(id, tx)),
    replacePasswordHash: (...change) => ask(() => directory.replacePasswordHash(...change)),
    ...(create && { create: (user) => ask(() => create(user)) }),
  };
}
