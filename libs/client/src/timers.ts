/** A timer that does not keep a Node process alive. */
export function quietTimer(work: () => void, durationMs: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, durationMs);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** `AbortSignal.timeout`, also for React Native and Safari before 16, which have none. */
export function deadline(durationMs: number): AbortSignal {
  const controller = new AbortController();
  quietTimer(() => controller.abort(), durationMs);
  return controller.signal;
}

/**
 * Resolves with `work`, or rejects as soon as `signal` is aborted, even if the work ignores the signal. For signals
 * that do not outlive the work.
 */
export function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      // polyfills give no reason
      const stop = (): void => reject((signal.reason as Error | undefined) ?? Error('aborted'));
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
    }),
  ]);
}

/** `until` for signals of a caller, which may outlive the work. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
