type Settle<T> = (result: IteratorResult<T>) => void;

const DONE = { done: true, value: undefined } as const;

/** An iterator that can be ended from outside, while somebody waits for its next value, too. */
export class EndingIterator<T> implements AsyncIterableIterator<T> {
  private readonly iterator: AsyncIterator<T>;
  private readonly waiting = new Set<Settle<T>>();
  private isOver = false;

  constructor(
    source: AsyncIterable<T>,
    private readonly onOver: () => void,
  ) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.isOver) return Promise.resolve(DONE);
    // not Promise.race: what waits for the end would pile up, one for each value
    return new Promise((resolve, reject) => {
      this.waiting.add(resolve);
      this.iterator.next().then(
        (result) => {
          this.waiting.delete(resolve);
          if (result.done) this.over();
          resolve(result);
        },
        (error: unknown) => {
          this.waiting.delete(resolve);
          this.over();
          reject(error as Error);
        },
      );
    });
  }

  async return(): Promise<IteratorResult<T>> {
    this.over();
    await this.iterator.return?.();
    return DONE;
  }

  /** Whoever waits is told at once; the source is let go. */
  end(): void {
    void this.return().catch(() => undefined);
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const settle of this.waiting) settle(DONE);
    this.waiting.clear();
    this.onOver();
  }
}
