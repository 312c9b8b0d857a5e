import type { Clock } from '../../../common/clock.js';

/** One moment on this machine, on both of its clocks. */
export interface Instant {
  /** Milliseconds since the epoch. */
  readonly wall: number;
  /** Milliseconds that never jump. */
  readonly mono: number;
}

export function instantOf(clock: Clock): Instant {
  return { wall: clock.now(), mono: clock.monotonic() };
}

/** The greater age by the two clocks: one stops while the machine is suspended, the other can be set back. */
export function ageMs(clock: Clock, since: Instant): number {
  return Math.max(clock.monotonic() - since.mono, clock.now() - since.wall, 0);
}

export function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.mono > a.mono ? b : a;
}
