type Settle<T> = (result: IteratorResult<T>) => void;

const DONE = { done: true, value: undefined } as const;

/** An iterator that can be ended from outside, even while a consumer waits for its next value. */
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
    // Promise.race would add one listener to the end for each value, and none would be removed
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

  /** A waiting consumer is told at once, and the source is released. */
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
