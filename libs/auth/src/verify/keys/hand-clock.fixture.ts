import type { Clock } from '../../common/clock.js';

/** The time in seconds, set by the test. */
export class HandClock implements Clock {
  constructor(public seconds: number) {}
  now = () => this.seconds * 1000;
  monotonic = () => this.seconds * 1000;
}
