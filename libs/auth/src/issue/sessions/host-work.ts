import { causeOf } from '../../common/auth-error.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';

type Work = (tx: HostTransaction) => Promise<void>;

/** SQLSTATE: a value that the column cannot hold, a constraint, what a trigger of the host raises. */
const VALUES_REFUSED = /^(?:22|23|P0)...$/;

/**
 * Runs `change` with the host's own work. If the database refuses the host's values (an email that is taken), that is
 * the answer to the host, as its own transaction would give it. Every other failure of a database is an outage.
 */
export async function withHostWork<T>(
  work: Work | undefined,
  change: (work: Work | undefined) => Promise<T>,
): Promise<T> {
  let refusal: { readonly error: unknown } | undefined;
  const told: Work | undefined =
    work &&
    (async (tx) => {
      // after a lost race it runs again
      refusal = undefined;
      await work(tx).catch((error: unknown) => {
        if (isOfValues(error)) refusal = { error };
        throw error;
      });
    });
  try {
    return await change(told);
  } catch (error) {
    // a callback has set it, which TypeScript does not see
    const host = refusal as { readonly error: unknown } | undefined;
    throw host ? host.error : error;
  }
}

function isOfValues(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = causeOf(each)) {
    const { code } = each as Error & { readonly code?: unknown };
    if (typeof code === 'string' && VALUES_REFUSED.test(code)) return true;
  }
  return false;
}
