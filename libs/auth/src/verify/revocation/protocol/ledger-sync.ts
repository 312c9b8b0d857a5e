import type { Clock } from '../../../common/clock.js';
import type { Entropy } from '../../../common/entropy.js';
import { FeedWriter, type ExtensionOutcome, type Pause } from './feed-writer.js';
import { ageMs, instantOf, type Instant } from './instant.js';
import type {
  Heartbeat,
  FeedHead,
  RevocationFeedBus,
} from '../../../storage/revocation-feed.port.js';
import type {
  LedgerPosition,
  LedgerRead,
  RevocationLedgerStore,
} from '../../../storage/revocation-ledger.port.js';
import type { RevocationView } from './revocation-view.js';

/**
 * A fill that makes no progress for this long was given up by its process. Two fills that compete
 * would never end.
 */
const FILL_STANDS_STILL_MS = 2_000;

const APPENDED_WITHIN_MS = 200;

class GivenUp extends Error {}

const timer: Pause = (durationMs) =>
  new Promise((resolve) => setTimeout(resolve, durationMs).unref());

/**
 * The whole step, which any process may do: read what is new in the ledger, add it to this
 * process's view, give the feed what it lacks, append the next heartbeat. If a process dies or
 * hangs during it, another one overtakes it.
 */
export class LedgerSync {
  private extending: Promise<void> | undefined;
  private partSeen: { readonly id: string; readonly at: Instant } | undefined;
  private own: { readonly id: string; readonly base: string | undefined } | undefined;
  private stopped = false;

  constructor(
    private readonly view: RevocationView,
    private readonly ledger: RevocationLedgerStore,
    private readonly feed: RevocationFeedBus | undefined,
    private readonly clock: Clock,
    private readonly entropy: Entropy,
    private readonly pause: Pause = timer,
  ) {}

  /** Rejects if the ledger cannot be read. If only the feed cannot be reached, the view is still updated. */
  async run(): Promise<void> {
    const mine = this.view.ledger ?? this.view.follow(await this.ledger.identity());
    // The base is acknowledged before the snapshot is taken, which is what a heartbeat proves.
    const base = await this.base(mine);
    const since = this.view.position;
    const sentAt = instantOf(this.clock);
    let inBatches = false;
    if (since === undefined) this.view.beginFill();
    const reading = this.ledger.readSince(since, (entries) => {
      inBatches = true;
      this.view.add(entries);
    });
    const read = await reading.catch((error: unknown) => {
      this.view.availability.failed();
      throw error;
    });
    this.view.acceptLedger(sentAt, since, read, base?.fetched);
    if (!base || !this.feed || this.extending || this.fillUnderWay(base.beat)) return;
    // What the feed lacks is counted from its own head. After a missed link or a flush, that is not
    // this process's position.
    const lacking = same(base.beat?.position, since) && !inBatches ? read : undefined;
    this.extending = this.extend(this.feed, mine, base.beat, lacking)
      .catch(() => undefined)
      .finally(() => {
        this.extending = undefined;
      });
    // The next step wants to build on this heartbeat. But neither a long fill nor a feed that hangs
    // may delay this process's own proofs.
    await Promise.race([this.extending, this.pause(APPENDED_WITHIN_MS)]);
  }

  /** Whether the newest heartbeat that this process knows is its own; it may not have been read back yet. */
  leads(): boolean {
    const newest = this.view.tail?.head?.id;
    return this.own !== undefined && (newest === this.own.id || newest === this.own.base);
  }

  /** A fill in progress ends at its next part. */
  stop(): void {
    this.stopped = true;
  }

  private async base(
    mine: string,
  ): Promise<{ readonly beat: Heartbeat | undefined; readonly fetched?: FeedHead } | undefined> {
    if (!this.feed) return undefined;
    if (this.view.linked && this.view.tail) return { beat: this.view.tail.head };
    try {
      const fetched = await this.feed.head(mine);
      this.view.sawTimeline(fetched.beat?.position);
      return { beat: fetched.beat, fetched };
    } catch {
      return undefined;
    }
  }

  /** Whether another process's fill still makes progress: two fills would overtake each other for ever. */
  private fillUnderWay(head: Heartbeat | undefined): boolean {
    if (head?.kind !== 'part') return false;
    if (this.partSeen?.id !== head.id) this.partSeen = { id: head.id, at: instantOf(this.clock) };
    return ageMs(this.clock, this.partSeen.at) < FILL_STANDS_STILL_MS;
  }

  private async extend(
    feed: RevocationFeedBus,
    mine: string,
    base: Heartbeat | undefined,
    known: LedgerRead | undefined,
  ): Promise<void> {
    const from = base?.position?.ledger === mine ? base.position : undefined;
    const extension = new FeedWriter(feed, mine, base, this.entropy, this.pause);
    const lacking =
      known ??
      (await this.ledger.readSince(from, async (entries) => {
        const outcome = this.stopped ? 'failed' : await extension.parts(entries);
        if (outcome === 'appended') return;
        this.heed(outcome);
        throw new GivenUp();
      }));
    // Another database has replaced this one meanwhile: its rows do not belong here.
    if (lacking.position.ledger !== mine) return;
    this.view.sawTimeline(lacking.position);
    const outcome = await extension.whole(lacking.entries, lacking.position, lacking.nowMs);
    if (outcome === 'appended') this.own = { id: extension.head, base: base?.id };
    this.heed(outcome);
  }

  private heed(outcome: ExtensionOutcome): void {
    if (outcome === 'lost') this.view.unlink();
  }
}

function same(a: LedgerPosition | undefined, b: LedgerPosition | undefined): boolean {
  return a?.snapshot === b?.snapshot && a?.timeline === b?.timeline;
}
