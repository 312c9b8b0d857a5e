import type { Clock } from '../../common/clock.js';

/** Seconds, moved by hand. */
export class HandClock implements Clock {
  constructor(public seconds: number) {}
  now = () => this.seconds * 1000;
  monotonic = () => this.seconds * 1000;
}
