import { quietTimer } from './timers.js';
import { AGAIN_AFTER_MS, LOOK_EVERY_MS } from './waits.js';

export interface Alarm {
  /**
   * Rings `aheadMs` before `expiresAt`, or, if less than three times that is left, a third of the rest before it. This
   * lead is up to a fifth longer, at random, so that tabs and clients do not all refresh at once.
   */
  set(expiresAt: number, aheadMs: number): void;
  silence(): void;
}

/**
 * Calls `ring` at a time of the wall clock; `ring` returns whether it must be called again. The clock is read every
 * half minute, because timers stand still while a laptop sleeps.
 */
export function alarmOf(ring: () => Promise<boolean>): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function at(due: number): void {
    clearTimeout(timer);
    const mine = quietTimer(
      () => {
        if (Date.now() < due) return at(due);
        void ring().then((isAgain) => {
          if (isAgain && timer === mine) at(Date.now() + AGAIN_AFTER_MS * (1 + Math.random()));
        });
      },
      Math.max(0, Math.min(due - Date.now(), LOOK_EVERY_MS)),
    );
    timer = mine;
  }

  return {
    set(expiresAt, aheadMs) {
      at(expiresAt - Math.min(aheadMs, (expiresAt - Date.now()) / 3) * (1 + Math.random() / 5));
    },
    silence() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
