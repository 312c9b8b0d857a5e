import { AuthError } from '../../common/auth-error.js';
import type { Alongside } from '../../storage/session-store.port.js';

export type Work = NonNullable<Alongside['work']>;

/**
 * Makes a change of the store with `work` in its transaction. A store of the host that resolves without having run it
 * would leave a password unset or a mailed link unspent: then `configuration_invalid` is thrown, and nobody gets
 * tokens. `isMade`: whether an outcome means that the change was made. Default: every one. `store`: the option that the
 * error names.
 */
export async function together<T>(
  work: Work | undefined,
  change: (work: Work | undefined) => Promise<T>,
  isMade: (outcome: T) => boolean = () => true,
  store: 'storage.sessions' | 'storage.oneTimeTokens' = 'storage.sessions',
): Promise<T> {
  if (!work) return change(undefined);
  let hasRun = false;
  const outcome = await change(async (tx) => {
    await work(tx);
    hasRun = true;
  });
  if (hasRun || !isMade(outcome)) return outcome;
  throw AuthError.configuration(
    store,
    'made a change without the `work` that was given for its transaction; run it there, and wait for it',
  );
}
