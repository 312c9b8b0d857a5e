/** The only source of time; tests move it. */
export abstract class Clock {
  /** Wall clock, milliseconds since the epoch. */
  abstract now(): number;
  /** Milliseconds that never jump; unrelated to the epoch. */
  abstract monotonic(): number;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }
}
