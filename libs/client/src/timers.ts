/** One that keeps no Node process alive. */
export function quietTimer(work: () => void, durationMs: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, durationMs);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
