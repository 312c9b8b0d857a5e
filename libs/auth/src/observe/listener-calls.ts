import { Logger } from '@nestjs/common';
import type { Clock } from '../common/clock.js';

/** Calls of one kind that may be under way at a time, for one listener. */
const UNDER_WAY = 1_000;
const LINE_EVERY_MS = 60_000;

/**
 * Calls of the host's listeners, which nobody waits for. One that is slower than what it is told of does not pile up: past 1,000 of a kind
 * under way the next of that kind are left out, counted, and named in one line of the log a minute. A listener that is synchronous hears all.
 */
export class ListenerCalls {
  /** What was left out since the start of the process. */
  dropped = 0;
  private readonly logger = new Logger('Tokenward');
  private readonly underWay = new WeakMap<object, Map<string, number>>();
  private readonly saidAtMs = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** `kind` is what it is counted as, and its name in the log. Never throws. */
  call(listener: object, kind: string, work: () => unknown): 'called' | 'left_out' {
    const running = this.underWay.get(listener) ?? new Map<string, number>();
    this.underWay.set(listener, running);
    const before = running.get(kind) ?? 0;
    if (before >= UNDER_WAY) {
      this.drop(kind);
      return 'left_out';
    }
    try {
      const answer = work();
      if (!isThenable(answer)) return 'called';
      running.set(kind, before + 1);
      const settled = (): void => void running.set(kind, (running.get(kind) ?? 1) - 1);
      answer.then(settled, (error: unknown) => {
        settled();
        this.failed(kind, error);
      });
    } catch (error) {
      this.failed(kind, error);
    }
    return 'called';
  }

  private drop(kind: string): void {
    this.dropped++;
    if (this.isNews('slow'))
      this.logger.warn(
        `a listener is too slow: ${kind} is left out while ${UNDER_WAY} calls of its kind are unfinished (${this.dropped} left out so far)`,
      );
  }

  private failed(kind: string, error: unknown): void {
    const name = error instanceof Error ? error.name : 'unknown error';
    if (this.isNews(`${kind} ${name}`)) this.logger.error(`a listener of ${kind} failed: ${name}`);
  }

  /** Once a minute: what a stranger causes at will writes no log at his rate. */
  private isNews(what: string): boolean {
    const nowMs = this.clock.monotonic();
    if (nowMs - (this.saidAtMs.get(what) ?? -Infinity) < LINE_EVERY_MS) return false;
    this.saidAtMs.set(what, nowMs);
    return true;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
