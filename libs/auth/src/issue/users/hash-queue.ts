import { AuthError } from '../../common/auth-error.js';

/**
 * Runs at most `concurrency` jobs at a time, first come first served, with at most `maxQueue` waiting; one more is
 * `AuthError('unavailable')` at once. It keeps a burst of logins from taking every thread of the process.
 */
export class HashQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly maxQueue: number,
  ) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running < this.concurrency) this.#running++;
    else await this.turn();
    try {
      return await job();
    } finally {
      // the place is handed over, not freed: nobody who comes now can overtake
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  private turn(): Promise<void> {
    if (this.#waiting.length >= this.maxQueue)
      throw AuthError.unavailable('too many passwords wait to be hashed');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
