/**
 * Values by id, each with an expiry in whole seconds; neither is ever lowered. It stores small
 * integers in plain Maps: a million ids without a value take about 90 MB.
 */
export class ExpiringValues {
  readonly #expiries = new Map<string, number>();
  /** Only values above 0. */
  readonly #values = new Map<string, number>();
  #walk = this.#expiries.entries();

  get size(): number {
    return this.#expiries.size;
  }

  has(id: string): boolean {
    return this.#expiries.has(id);
  }

  /** The value; undefined for an unknown id. */
  get(id: string): number | undefined {
    return this.#expiries.has(id) ? (this.#values.get(id) ?? 0) : undefined;
  }

  /** Returns whether the value is new. */
  raise(id: string, value: number, expiresAt: number): boolean {
    const known = this.get(id);
    const expiry = Math.ceil(expiresAt / 1000);
    this.#expiries.set(id, Math.max(this.#expiries.get(id) ?? 0, expiry));
    if (known !== undefined && value <= known) return false;
    if (value > 0) this.#values.set(id, value);
    return true;
  }

  /** Checks up to `ids` ids, continuing where the last call stopped, and drops expired ones. */
  sweep(nowMs: number, ids: number): void {
    const seconds = Math.floor(nowMs / 1000);
    // one more than there are ids, because starting again takes one round of the loop
    const most = Math.min(ids, this.size + 1);
    for (let looked = 0; looked < most; looked++) {
      const next = this.#walk.next();
      if (next.done) this.#walk = this.#expiries.entries();
      else if (next.value[1] < seconds) {
        this.#expiries.delete(next.value[0]);
        this.#values.delete(next.value[0]);
      }
    }
  }
}
