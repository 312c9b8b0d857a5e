const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long a client waits before it connects again. Times are milliseconds. */
export interface ReconnectWait {
  /**
   * Half a second, then twice as long each time, up to 30 seconds; up to half of it is left out at random. So the
   * clients of a server that restarts do not come back all at once.
   */
  next(): number;
  /** Begins again with the first wait: half a second, or `firstMs`. */
  reset(firstMs?: number): void;
}

export function reconnectWait(): ReconnectWait {
  let waitMs = FIRST_MS;
  return {
    next() {
      const spread = waitMs * (0.5 + Math.random() / 2);
      waitMs = Math.min(waitMs * 2, LONGEST_MS);
      return spread;
    },
    reset(firstMs = FIRST_MS) {
      waitMs = Math.min(firstMs, LONGEST_MS);
    },
  };
}
