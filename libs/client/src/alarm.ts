import { quietTimer } from './timers.js';

const LOOK_EVERY_MS = 30_000;
const AGAIN_AFTER_MS = 10_000;

/** Calls `ring` at a time of the wall clock. It looks every half minute, because timers stand still while a laptop sleeps. */
export class Alarm {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ring: () => Promise<'done' | 'again'>) {}

  /** `aheadMs` before `expiresAt`, at most a third of what is left; up to a fifth earlier, so that tabs and clients do not all come at once. */
  set(expiresAt: number, aheadMs: number): void {
    const ahead = Math.min(aheadMs, (expiresAt - Date.now()) / 3) * (1 + Math.random() / 5);
    this.at(expiresAt - ahead);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private at(due: number): void {
    clearTimeout(this.timer);
    const waitMs = Math.max(0, Math.min(due - Date.now(), LOOK_EVERY_MS));
    const timer = quietTimer(() => {
      if (Date.now() < due) return this.at(due);
      void this.ring().then((outcome) => {
        if (outcome === 'again' && this.timer === timer)
          this.at(Date.now() + AGAIN_AFTER_MS * (1 + Math.random()));
      });
    }, waitMs);
    this.timer = timer;
  }
}
