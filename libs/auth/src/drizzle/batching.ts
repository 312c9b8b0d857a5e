export interface BatchLimits {
  /** Items in one batch. */
  readonly size: number;
  /**
   * A batch that takes longer than this no longer delays the next one. So a connection that hangs
   * delays nobody for longer.
   */
  readonly patienceMs: number;
  /** How long an item waits for others to join its batch. Default: it is sent at once if no batch is running. */
  readonly gatherMs?: number;
}

export interface Enlisted<Result> {
  readonly result: Promise<Result>;
  /** Removes an item that was not sent yet; its result then never settles. */
  readonly withdraw: () => void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends an item at once. While a batch is running, items are collected and sent together when it ends. */
export class Batching<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private isBusy = false;
  private gathering: NodeJS.Timeout | undefined;

  /** `send` returns the results in the order of its items. */
  constructor(
    private readonly limits: BatchLimits,
    private readonly send: (items: readonly Item[]) => Promise<readonly Result[]>,
  ) {}

  add(item: Item): Enlisted<Result> {
    let entry: Waiting<Item, Result> | undefined;
    const result = new Promise<Result>((resolve, reject) => {
      entry = { item, resolve, reject };
      this.waiting.push(entry);
    });
    this.sendSoon();
    const withdraw = (): void => {
      if (this.waiting.length > 0) this.waiting = this.waiting.filter((each) => each !== entry);
    };
    return { result, withdraw };
  }

  private sendSoon(): void {
    const { gatherMs, size } = this.limits;
    if (gatherMs === undefined || this.waiting.length >= size) return this.sendWaiting();
    if (this.waiting.length === 0) return;
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.sendWaiting();
    }, gatherMs);
  }

  private sendWaiting(): void {
    if (this.isBusy || this.waiting.length === 0) return;
    this.isBusy = true;
    let holdsPlace = true;
    const leave = (): void => {
      if (!holdsPlace) return;
      holdsPlace = false;
      // items that arrive in this turn of the event loop join the batch
      setImmediate(() => {
        this.isBusy = false;
        this.sendSoon();
      });
    };
    const patience = setTimeout(leave, this.limits.patienceMs);
    void this.sendBatch(this.waiting.splice(0, this.limits.size)).finally(() => {
      clearTimeout(patience);
      leave();
    });
  }

  private async sendBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.send(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, at) => resolve(results[at] as Result));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
