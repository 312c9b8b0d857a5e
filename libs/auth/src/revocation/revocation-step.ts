import type { Clock } from '../common/clock.js';
import type { Entropy } from '../common/entropy.js';
import type { LedgerEntry } from '../common/ledger-entry.js';
import { instantOf } from './instant.js';
import {
  FEED_VERSION,
  type Heartbeat,
  type FeedHead,
  type RevocationFeedBus,
} from './revocation-feed.bus.js';
import type { LedgerPosition, RevocationLedgerStore } from './revocation-ledger.store.js';
import type { ProcessView } from './process-view.js';

/** How many earlier heads a heartbeat names. */
const ANCESTORS = 8;

/**
 * All of the safety work, and any process may do it: read what the ledger has new, add it to the own view, give the feed what it lacks,
 * append the next heartbeat. A process that dies or hangs anywhere in it is simply overtaken.
 */
export class RevocationStep {
  private filling: Promise<void> | undefined;

  constructor(
    private readonly view: ProcessView,
    private readonly ledger: RevocationLedgerStore,
    private readonly feed: RevocationFeedBus | undefined,
    private readonly clock: Clock,
    private readonly entropy: Entropy,
  ) {}

  /** Rejects when the ledger cannot be read; a feed that cannot be reached costs nothing but the feed. */
  async take(): Promise<void> {
    // The base is acknowledged before the snapshot is taken: this is what a heartbeat proves.
    const base = await this.base();
    const since = this.view.position;
    const sentAt = instantOf(this.clock);
    // An empty feed is to be filled with all of it; otherwise a full read need not be held in memory.
    const inBatches = since === undefined && !(base && base.beat?.position === undefined);
    const read = await this.ledger.readSince(
      since,
      inBatches
        ? (entries) => {
            this.view.add(entries);
          }
        : undefined,
    );
    this.view.acceptLedger(sentAt, since, read, base?.fetched);
    if (!base || !this.feed || this.filling) return;
    // What the feed lacks counts from its own head, which after a missed link or a flush is not where this process was.
    const lacking = same(base.beat?.position, since)
      ? read
      : await this.ledger.readSince(base.beat?.position);
    this.view.sawTimeline(lacking.position);
    const extended = this.extend(this.feed, base.beat, lacking.entries, lacking.position);
    if (lacking.entries.length <= this.feed.maxRows) return extended;
    // A long fill must not hold up the own proofs.
    this.filling = extended.finally(() => {
      this.filling = undefined;
    });
  }

  private async base(): Promise<
    { readonly beat: Heartbeat | undefined; readonly fetched?: FeedHead } | undefined
  > {
    if (!this.feed) return undefined;
    if (this.view.linked && this.view.tail) return { beat: this.view.tail.head };
    try {
      const fetched = await this.feed.head();
      this.view.sawTimeline(fetched.beat?.position);
      return { beat: fetched.beat, fetched };
    } catch {
      return undefined;
    }
  }

  private async extend(
    feed: RevocationFeedBus,
    base: Heartbeat | undefined,
    entries: readonly LedgerEntry[],
    position: LedgerPosition,
  ): Promise<void> {
    const before = base ? [base.prev, ...base.before].filter((id) => id !== '').slice(0, ANCESTORS) : [];
    let prev = base?.id ?? '';
    for (let from = 0; ; from += feed.maxRows) {
      const last = from + feed.maxRows >= entries.length;
      const beat: Heartbeat = {
        version: FEED_VERSION,
        id: this.entropy.uuid(),
        prev,
        before,
        position: last ? position : base?.position,
        kind: last ? 'whole' : 'part',
      };
      const appended = await this.append(feed, entries.slice(from, from + feed.maxRows), beat);
      if (!appended || last) return;
      prev = beat.id;
    }
  }

  private async append(
    feed: RevocationFeedBus,
    rows: readonly LedgerEntry[],
    beat: Heartbeat,
  ): Promise<boolean> {
    try {
      const outcome = await feed.append(rows, beat);
      if (outcome.kind === 'appended') return true;
      // Overtaken is fine; a head that does not descend from ours means that the feed was lost or rolled back.
      const { head } = outcome;
      if (!head || !(head.prev === beat.prev || head.before.includes(beat.prev))) this.view.unlink();
      return false;
    } catch {
      return false;
    }
  }
}

function same(a: LedgerPosition | undefined, b: LedgerPosition | undefined): boolean {
  return a?.snapshot === b?.snapshot && a?.timeline === b?.timeline;
}
