const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long a client waits before it connects again. Times are milliseconds. */
export interface ReconnectWait {
  /**
   * Half a second, then twice as long each time, up to 30 seconds; up to half of it is left out at random. So the
   * clients of a server that restarts do not come back all at once. A shorter first wait is followed by half a second.
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
      // a server may wish for no wait, but not when it is away
      waitMs = Math.min(Math.max(waitMs * 2, FIRST_MS), LONGEST_MS);
      return spread;
    },
    reset(firstMs = FIRST_MS) {
      waitMs = Math.min(firstMs, LONGEST_MS);
    },
  };
}
