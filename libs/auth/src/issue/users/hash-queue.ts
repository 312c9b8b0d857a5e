import { AuthError } from '../../common/auth-error.js';

/** Whom a password is hashed for. A missing member counts as one shared value. */
export interface Turn {
  readonly account?: string;
  readonly address?: string;
}

interface Waiting {
  readonly start: number;
  readonly turn: Turn;
  go(): void;
  refuse(error: AuthError): void;
}

/** How many turns of one address count as one: an office has one address and many accounts. */
const TURNS_OF_AN_ADDRESS = 8;

/**
 * Runs at most `concurrency` jobs at a time, with at most `maxQueue` waiting. They take turns by
 * account and by address (start-time fair queueing): the n-th running job of an account waits until
 * all others had n turns. If the queue is full, the job with the latest turn gets
 * `AuthError('unavailable')`, so that whoever fills the queue is refused. A burst of logins cannot
 * take every thread of the process, and one account or address cannot take every turn.
 */
export class HashQueue {
  #running = 0;
  /** The last turn that was served. */
  #served = 0;
  /** Sorted by turn, the earliest first. */
  readonly #waiting: Waiting[] = [];
  readonly #accounts = new Turns(1);
  readonly #addresses = new Turns(1 / TURNS_OF_AN_ADDRESS);

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

  async run<T>(job: () => Promise<T>, turn: Turn = {}): Promise<T> {
    const start = Math.max(
      this.#accounts.take(turn.account, this.#served),
      this.#addresses.take(turn.address, this.#served),
    );
    if (this.#running < this.concurrency) this.#running++;
    else await this.#wait(start, turn);
    this.#served = Math.max(this.#served, start);
    try {
      return await job();
    } finally {
      // the slot is passed on without being freed, so that a new job cannot overtake
      const next = this.#waiting.shift();
      if (next) next.go();
      else this.#running--;
      this.#forget();
    }
  }

  #wait(start: number, turn: Turn): Promise<void> {
    const refusal = AuthError.unavailable('too many passwords wait to be hashed');
    return new Promise((go, refuse) => {
      // after jobs of the same turn, which came first
      const later = this.#waiting.findIndex((each) => each.start > start);
      this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, {
        start,
        turn,
        go,
        refuse,
      });
      if (this.#waiting.length <= this.maxQueue) return;
      const last = this.#waiting.pop();
      // a refused job has not used its turn
      this.#accounts.giveBack(last?.turn.account);
      this.#addresses.giveBack(last?.turn.address);
      last?.refuse(refusal);
    });
  }

  /**
   * Removes past turns, which have no effect any more, so that the number of names stays bounded.
   */
  #forget(): void {
    const bound = 2 * (this.maxQueue + this.concurrency);
    for (const turns of [this.#accounts, this.#addresses]) turns.forgetUpTo(this.#served, bound);
  }
}

/** The next turn of each name. */
class Turns {
  readonly #next = new Map<string, number>();

  constructor(private readonly step: number) {}

  take(name = '', served: number): number {
    const turn = Math.max(served, this.#next.get(name) ?? 0);
    this.#next.set(name, turn + this.step);
    return turn;
  }

  giveBack(name = ''): void {
    this.#next.set(name, (this.#next.get(name) ?? this.step) - this.step);
  }

  forgetUpTo(served: number, bound: number): void {
    if (this.#next.size <= bound) return;
    for (const [name, turn] of this.#next) if (turn <= served) this.#next.delete(name);
  }
}
