import type { Clock } from '../../common/clock.js';

/** The weight of each new measurement in the average. */
const WEIGHT = 0.2;
/** Multiplies the average, so that nearly every refusal ends by the timer and not by its own work. */
const MARGIN = 1.25;

/** The form that new hashes have. */
export const TODAY = 'today';

/**
 * Old hashes take another time than current ones, which would reveal who has one. Once such a hash
 * is seen in the table, no refusal is faster than the slowest form, whether the account exists or
 * not. Waiting takes no thread and no turn.
 */
export class RefusalPace {
  /** Average milliseconds for each form and cost. */
  readonly #forms = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly wait: (ms: number) => Promise<void>,
  ) {}

  note(form: string, ms: number): void {
    const before = this.#forms.get(form);
    this.#forms.set(form, before === undefined ? ms : before + WEIGHT * (ms - before));
  }

  /**
   * Waits until a refusal that began at `startedMs` (monotonic) has taken as long as the slowest
   * form takes for that many texts.
   */
  async hold(startedMs: number, texts: number): Promise<void> {
    // with only one form, all refusals take the same time
    if (![...this.#forms.keys()].some((form) => form !== TODAY)) return;
    const floorMs = texts * MARGIN * Math.max(0, ...this.#forms.values());
    const leftMs = startedMs + floorMs - this.clock.monotonic();
    if (leftMs > 0) await this.wait(leftMs);
  }
}
