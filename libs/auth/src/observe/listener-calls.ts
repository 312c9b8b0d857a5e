import { Logger } from '@nestjs/common';
import type { Clock } from '../common/clock.js';

/** Calls of one kind that may be under way at a time, for one listener. */
const UNDER_WAY = 1_000;
const LINE_EVERY_MS = 60_000;

/**
 * Calls the host's listeners, without waiting for them. Calls of a slow listener do not pile up: beyond 1,000
 * unfinished calls of a kind, further ones are left out, counted, and reported in one log line a minute. A
 * synchronous listener gets every event.
 */
export class ListenerCalls {
  /** How many calls were left out since the start of the process. */
  dropped = 0;
  private readonly logger = new Logger('Tokenward');
  private readonly underWay = new WeakMap<object, Map<string, number>>();
  private readonly saidAtMs = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** `kind` is the name under which the call is counted and logged. Never throws. */
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

  /** Once a minute, so that a stranger cannot fill the log. */
  private isNews(what: string): boolean {
    const nowMs = this.clock.monotonic();
    if (nowMs - (this.saidAtMs.get(what) ?? -Infinity) < LINE_EVERY_MS) return false;
    this.saidAtMs.set(what, nowMs);
    return true;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
