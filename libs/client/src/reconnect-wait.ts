const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long a client waits before it connects again. Times are milliseconds. */
export interface ReconnectWait {
  /**
   * Half a second, then twice as long each time, up to 30 seconds; up to half of it is left out at random. So the
   * clients of a server that restarts do not come back all at once. A shorter first wait is followed by half a second.
   * After a connection that lasted for more than 30 seconds it begins again.
   */
  next(): number;
  /** A connection was opened, which does not mean that the server keeps it. */
  opened(): void;
  /** Begins again. `firstMs` is the first wait from now on. */
  reset(firstMs?: number): void;
}

export function reconnectWait(): ReconnectWait {
  let firstMs = FIRST_MS;
  let waitMs = firstMs;
  let openedAt = Infinity;
  return {
    next() {
      if (performance.now() - openedAt > LONGEST_MS) waitMs = firstMs;
      openedAt = Infinity;
      const spread = waitMs * (0.5 + Math.random() / 2);
      // a server may wish for no wait, but not when it is away
      waitMs = Math.min(Math.max(waitMs * 2, FIRST_MS), LONGEST_MS);
      return spread;
    },
    opened() {
      openedAt = performance.now();
    },
    reset(ms = firstMs) {
      waitMs = firstMs = Math.min(ms, LONGEST_MS);
    },
  };
}
