/** One machine. What arrives during a pause is handled afterwards; what arrives after a crash is never handled. */
export interface Machine {
  readonly number: number;
  pausedUntil: number;
  alive: boolean;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time, a queue of events, and random delays; deterministic for one seed. */
export class SimulatedWorld {
  now = 0;
  #order = 0;
  #state: number;
  readonly #queue: Due[] = [];
  readonly #fifo = new Map<string, number>();

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** In [0, 1). */
  random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return (((this.#state >>> 0) ^ (this.#state >>> 15)) >>> 0) / 2 ** 32;
  }

  at(time: number, run: () => void): void {
    const due = { at: time, order: this.#order++, run };
    let i = this.#queue.length;
    while (i > 0 && (this.#queue[i - 1] as Due).at > time) i--;
    this.#queue.splice(i, 0, due);
  }

  /** Runs on the machine, but not while it is paused. */
  on(machine: Machine, time: number, run: () => void): void {
    this.at(time, () => {
      if (!machine.alive) return;
      if (machine.pausedUntil > this.now) this.on(machine, machine.pausedUntil, run);
      else run();
    });
  }

  sleep(machine: Machine, durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.on(machine, this.now + durationMs, resolve);
    });
  }

  /** Usually short, sometimes long. */
  delay(): number {
    const draw = this.random();
    return draw < 0.9 ? 1 + draw * 4 : draw < 0.98 ? draw * 60 : draw * 500;
  }

  /**
   * A remote call: `serve` runs at the server some time later and answers. Calls on one connection
   * stay in order; `deadlineMs` cuts them off.
   */
  call<T>(
    machine: Machine,
    connection: string,
    deadlineMs: number,
    serve: (answer: (value: T) => void, fail: () => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const lane = `${String(machine.number)}${connection}`;
      const arrives = this.#inOrder(`${lane}>`, this.now + this.delay());
      const fail = (): void => {
        reject(new Error('lost'));
      };
      this.on(machine, this.now + deadlineMs, fail);
      this.at(arrives, () => {
        const back = (settle: () => void): void => {
          this.on(machine, this.#inOrder(`${lane}<`, this.now + this.delay()), settle);
        };
        serve(
          (value) => {
            back(() => {
              resolve(value);
            });
          },
          () => {
            back(fail);
          },
        );
      });
    });
  }

  async run(untilMs: number): Promise<void> {
    await settled();
    for (let next = this.#queue[0]; next && next.at <= untilMs; next = this.#queue[0]) {
      this.#queue.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
    }
    this.now = untilMs;
  }

  #inOrder(lane: string, time: number): number {
    const at = lane.includes('pool') ? time : Math.max(time, this.#fifo.get(lane) ?? 0);
    this.#fifo.set(lane, at);
    return at;
  }
}

/** Resolves when every microtask of an event has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
