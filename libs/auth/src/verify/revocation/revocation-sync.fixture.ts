// Spec support: a process that follows revocations, over a ledger and a feed whose fate the test decides, with timers
// that the test moves.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, jest } from '@jest/globals';
import { SystemClock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { FeedHead, FeedReply, Heartbeat } from '../../storage/revocation-feed.port.js';
import { Feed, Ledger } from './protocol/ledger-sync.fixture.js';
import { RevocationSync } from './revocation-sync.service.js';

export const MAX_STALENESS_MS = 1_000;
export const STEP_MS = 200;

/** Wakes who listens; `away` fails each read. */
export class WakingLedger extends Ledger {
  state: 'up' | 'away' = 'up';
  wake: () => void = () => undefined;
  listeners = 0;
  told: readonly string[] = [];
  override readSince: Ledger['readSince'] = (since, onBatch) => {
    if (this.state === 'up') return super.readSince(since, onBatch);
    this.asked.push(since);
    return Promise.reject(new Error('away'));
  };
  override onAppended = (wake: () => void = () => undefined): Promise<() => Promise<void>> => {
    [this.wake, this.listeners] = [wake, this.listeners + 1];
    return Promise.resolve(() => Promise.resolve(void (this.listeners -= 1)));
  };
  override warnings = () => Promise.resolve(this.told as never[]);
}

/** A stream that several processes may read. A read without news waits, as a blocking read of Redis does. */
export class ReadFeed extends Feed {
  state: 'up' | 'away' = 'up';
  known: readonly string[] = [];
  reads = 0;
  snapshots = 0;
  told: readonly string[] = [];
  snapshotted: readonly LedgerEntry[] = [];
  readonly #stream: Heartbeat[] = [];
  readonly #waiting = new Set<() => void>();

  beat(beat: Heartbeat): void {
    this.current = beat;
    this.#stream.push(beat);
    for (const wake of this.#waiting) wake();
  }
  override append(...given: Parameters<Feed['append']>) {
    const outcome = super.append(...given);
    if (this.current === given[2]) this.beat(given[2]);
    return outcome;
  }
  override head = (): Promise<FeedHead> =>
    this.#up({ cursor: String(this.#stream.length), beat: this.current, lineage: 'a' });
  override snapshot = (_?: string, add?: (entry: LedgerEntry) => void): Promise<FeedHead> => {
    this.snapshots += 1;
    for (const entry of this.snapshotted) add?.(entry);
    return this.head();
  };
  override read = async (_?: string, cursor = '0', blockMs = 0): Promise<FeedReply> => {
    this.reads += 1;
    await this.#up(undefined);
    if (this.#stream.length === Number(cursor)) await this.#news(blockMs);
    const beats = this.#stream.slice(Number(cursor));
    const items = beats.map((beat) => ({ kind: 'beat', beat }) as const);
    const now = String(this.#stream.length);
    return this.#up({ items, cursor: now, complete: true, connection: 1, lineage: 'a' });
  };
  override ledgersOf = () => Promise.resolve(this.known as never[]);
  override warnings = () => Promise.resolve(this.told as never[]);

  #news(blockMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, blockMs);
      this.#waiting.add(wake);
    });
  }
  #up<T>(answer: T): Promise<T> {
    return this.state === 'up' ? Promise.resolve(answer) : Promise.reject(new Error('away'));
  }
}

/** `jitter`: 0 is the least, 255 the greatest. */
class ChosenJitter extends Entropy {
  #count = 0;
  constructor(private readonly jitter: number) {
    super();
  }
  bytes = (length: number) => Buffer.alloc(length, length === 1 ? this.jitter : ++this.#count);
  uuid = () => `beat-${String(++this.#count)}`;
}

function syncWith(ledger: Ledger | undefined, feed?: Feed, maxEntries = 1_000, jitter = 0) {
  const options = { revocation: { maxStalenessMs: MAX_STALENESS_MS, maxEntries } };
  return new RevocationSync(
    options as unknown as ResolvedAuthOptions,
    new SystemClock(),
    new ChosenJitter(jitter),
    ledger,
    feed,
  );
}

export const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
export const fresh = (sync: RevocationSync): boolean => sync.view.fresh(MAX_STALENESS_MS);

/** For the calling file: timers that `pass` moves, what each test logs, and processes that end with it. */
export function useSyncs() {
  const said: string[] = [];
  const failed: string[] = [];
  const running: RevocationSync[] = [];
  beforeEach(() => {
    said.length = failed.length = 0;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const into = (lines: string[]) => (line: unknown) => void lines.push(String(line));
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(into(said));
    jest.spyOn(Logger.prototype, 'error').mockImplementation(into(failed));
  });
  afterEach(async () => {
    const stopping = running.splice(0).map((each) => each.onApplicationShutdown());
    await pass(MAX_STALENESS_MS);
    await Promise.all(stopping);
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
  return {
    /** The warnings, and the errors. */
    said,
    failed,
    follow(...given: Parameters<typeof syncWith>): RevocationSync {
      const sync = syncWith(...given);
      running.push(sync);
      return sync;
    },
  };
}
