import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds, and throws if it does not hold in time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const latest = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > latest) throw new Error(`it did not come about within ${withinMs} ms`);
    await delay(10);
  }
}
