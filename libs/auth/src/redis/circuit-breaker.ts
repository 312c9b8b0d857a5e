import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { withDeadline } from '../common/deadline.js';

const FAILURES = 3;
const OPEN_MS = 250;

/**
 * After three failures in a row, calls fail at once for a quarter of a second. Then one call is let
 * through, and its outcome decides. So the breaker only needs a call to recover.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = -Infinity;
  #failingSince: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly deadlineMs: number,
  ) {}

  /** Milliseconds since the first call without success after the last success; 0 if there was none. */
  failingMs(): number {
    return this.#failingSince === undefined ? 0 : this.clock.monotonic() - this.#failingSince;
  }

  /** The server answered: a call, or the greeting of a new connection. */
  succeeded(): void {
    this.#failures = 0;
    this.#failingSince = undefined;
  }

  async run<T>(what: string, work: () => Promise<T>, patience = 1): Promise<T> {
    const now = this.clock.monotonic();
    if (this.#failures >= FAILURES && now < this.#openUntil)
      throw AuthError.unavailable(`${what}: the circuit is open`);
    // Calls that come next wait for the outcome of this one, or for the next quarter of a second.
    this.#openUntil = now + OPEN_MS;
    try {
      const result = await withDeadline(work(), this.deadlineMs * patience, what);
      this.succeeded();
      return result;
    } catch (error) {
      this.#failures++;
      this.#failingSince ??= now;
      this.#openUntil = this.clock.monotonic() + OPEN_MS;
      if (error instanceof AuthError) throw error;
      // A driver's message may contain the command's arguments.
      throw AuthError.unavailable(`${what}: ${error instanceof Error ? error.name : 'failed'}`);
    }
  }
}
