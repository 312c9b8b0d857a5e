import type { Clock } from '../../common/clock.js';

/** A share of each new measurement in the average. */
const WEIGHT = 0.2;
/** Over the average, so that nearly every refusal ends by the timer and not by its own work. */
const MARGIN = 1.25;

/** The form that is made today. */
export const TODAY = 'today';

/**
 * Old hashes take other times than today's, and time would tell who has one. Once a table is seen to hold them, no refusal is faster than the
 * slowest form takes, whether the account exists or not. Waiting costs no thread and no turn.
 */
export class RefusalPace {
  /** Average milliseconds by form and cost. */
  readonly #forms = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly wait: (ms: number) => Promise<void>,
  ) {}

  note(form: string, ms: number): void {
    const before = this.#forms.get(form);
    this.#forms.set(form, before === undefined ? ms : before + WEIGHT * (ms - before));
  }

  /** Waits until a refusal that began at `startedMs` (monotonic) has taken as long as the slowest does for so many texts. */
  async hold(startedMs: number, texts: number): Promise<void> {
    // of one form alone, all refusals take the same time
    if (![...this.#forms.keys()].some((form) => form !== TODAY)) return;
    const floorMs = texts * MARGIN * Math.max(0, ...this.#forms.values());
    const leftMs = startedMs + floorMs - this.clock.monotonic();
    if (leftMs > 0) await this.wait(leftMs);
  }
}
