/**
 * A map that forgets: it holds the newest values, `most` of them at the most and never fewer than half as many. It keeps
 * two maps, because a single `Map` whose oldest entry is deleted again and again has to skip all that was deleted before.
 */
export class RecentValues<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(private readonly most: number) {}

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Keeps it as the newest value. */
  set(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size * 2 < this.most) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
