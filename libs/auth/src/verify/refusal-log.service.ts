import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';

const QUIET_MS = 60_000;
const MAX_REASONS = 64;
/** What every client runs into in the end. */
const ROUTINE: readonly string[] = ['expired', 'revoked'];

/**
 * A service that only verifies has no events. This logs why it refused tokens: at most one line for each reason and
 * minute.
 */
@Injectable()
export class RefusalLog {
  readonly #logger = new Logger('Tokenward');
  readonly #said = new Map<string, { at: number; since: number }>();

  constructor(private readonly clock: Clock) {}

  note(reason: string): void {
    const now = this.clock.monotonic();
    const last = this.#said.get(reason);
    if (last && now - last.at < QUIET_MS) {
      last.since += 1;
      return;
    }
    if (!last && this.#said.size >= MAX_REASONS) return;
    this.#said.set(reason, { at: now, since: 0 });
    const more =
      last && last.since > 0 ? ` (and ${String(last.since)} more since the last such line)` : '';
    const line = `a token was refused: ${reason}${more}`;
    if (ROUTINE.includes(reason)) this.#logger.log(line);
    else this.#logger.warn(line);
  }
}
