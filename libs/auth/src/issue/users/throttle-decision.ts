import { AuthError } from '../../common/auth-error.js';
import type { ThrottleDecision } from '../../storage/throttle-store.port.js';

/**
 * How many seconds to wait; undefined where the try is allowed. An answer that is neither, of a store of the host's, is
 * an outage: taken for a yes, it would end every limit.
 */
export function waitOf(decision: ThrottleDecision): number | undefined {
  if (decision.kind === 'refused') return decision.retryAfterSeconds;
  if ((decision.kind as unknown) === 'allowed') return undefined;
  throw AuthError.unavailable("a ThrottleStore must answer 'allowed' or 'refused'");
}
