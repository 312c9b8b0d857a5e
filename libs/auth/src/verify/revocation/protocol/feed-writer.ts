import type { Entropy } from '../../../common/entropy.js';
import type { LedgerEntry } from '../../../storage/ledger-entry.js';
import {
  FEED_VERSION,
  type AppendOutcome,
  type Heartbeat,
  type RevocationFeedBus,
} from '../../../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../../../storage/revocation-ledger.port.js';

/** How many earlier heads a heartbeat lists. */
const ANCESTORS = 8;
const TRIES = 5;
const RETRY_MS = 100;

export type Pause = (durationMs: number) => Promise<void>;

/** `lost`: the current head does not descend from ours, so the feed was emptied or rolled back. */
export type ExtensionOutcome = 'appended' | 'overtaken' | 'lost' | 'failed';

/**
 * Appends what the feed lacks, and one complete heartbeat, after the head `base`. If there are more rows than one
 * append takes, they go before it in parts, and each part is a link of the chain. `base` was acknowledged before the
 * rows were read, so the parts do not change what the heartbeat proves.
 */
export class FeedWriter {
  readonly #before: readonly string[];
  #prev: string;

  constructor(
    private readonly feed: RevocationFeedBus,
    private readonly ledger: string,
    private readonly base: Heartbeat | undefined,
    private readonly entropy: Entropy,
    private readonly pause: Pause,
  ) {
    this.#prev = base?.id ?? '';
    this.#before = base
      ? [base.prev, ...base.before].filter((id) => id !== '').slice(0, ANCESTORS)
      : [];
  }

  /** The last link that this process appended. */
  get head(): string {
    return this.#prev;
  }

  /**
   * Appends rows of a fill while they are read. A failed part is tried again: a fill of a million
   * rows must not start over for one of them.
   */
  async parts(entries: readonly LedgerEntry[]): Promise<ExtensionOutcome> {
    for (let from = 0; from < entries.length; from += this.feed.maxRows) {
      const outcome = await this.#append(
        entries.slice(from, from + this.feed.maxRows),
        'part',
        TRIES,
      );
      if (outcome !== 'appended') return outcome;
    }
    return 'appended';
  }

  /**
   * Appends the remaining rows and the heartbeat, with the time of the database if it is known. A
   * heartbeat without rows is tried once, because the next step follows soon.
   */
  async whole(
    entries: readonly LedgerEntry[],
    position: LedgerPosition,
    nowMs = NaN,
  ): Promise<ExtensionOutcome> {
    const { maxRows } = this.feed;
    const rest = entries.length % maxRows || Math.min(entries.length, maxRows);
    const outcome = await this.parts(entries.slice(0, entries.length - rest));
    if (outcome !== 'appended') return outcome;
    const filled = this.#prev !== (this.base?.id ?? '');
    return this.#append(entries.slice(entries.length - rest), 'whole', filled ? TRIES : 1, {
      position,
      ...(Number.isFinite(nowMs) && { nowMs: Math.floor(nowMs) }),
    });
  }

  async #append(
    rows: readonly LedgerEntry[],
    kind: Heartbeat['kind'],
    tries: number,
    { position, nowMs }: Pick<Heartbeat, 'position' | 'nowMs'> = this.base ?? {},
  ): Promise<ExtensionOutcome> {
    const prev = this.#prev;
    const id = this.entropy.uuid();
    const beat: Heartbeat = {
      version: FEED_VERSION,
      id,
      prev,
      before: this.#before,
      position,
      ...(nowMs !== undefined && { nowMs }),
      kind,
    };
    for (let left = tries; left > 0; left--) {
      if (left < tries) await this.pause(RETRY_MS * (tries - left));
      const outcome = await this.#once(rows, beat);
      if (!outcome) continue;
      // A try whose answer was lost may have succeeded.
      if (outcome.kind === 'appended' || outcome.head?.id === id) {
        this.#prev = id;
        return 'appended';
      }
      const { head } = outcome;
      return head && (head.prev === prev || head.before.includes(prev)) ? 'overtaken' : 'lost';
    }
    return 'failed';
  }

  async #once(rows: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome | undefined> {
    try {
      return await this.feed.append(this.ledger, rows, beat);
    } catch {
      return undefined;
    }
  }
}
