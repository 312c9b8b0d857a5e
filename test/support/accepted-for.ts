const GIVE_UP_AFTER_MS = 30_000;

/**
 * Repeats requests until the answer is 401. Returns when the last request with a 200 was sent, in milliseconds from the
 * call; 0 if there was none. The bound on staleness is about that instant, because on a busy machine the answer itself
 * may be late.
 */
export async function acceptedFor(ask: () => Promise<number>): Promise<number> {
  const from = performance.now();
  for (let last = 0; ;) {
    const sentMs = performance.now() - from;
    const status = await ask();
    if (status === 401) return last;
    if (status === 200) last = sentMs;
    if (sentMs > GIVE_UP_AFTER_MS)
      throw new Error(`not refused in time: ${String(status)} in the end`);
  }
}
