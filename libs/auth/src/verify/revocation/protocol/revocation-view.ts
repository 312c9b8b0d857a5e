import type { Clock } from '../../../common/clock.js';
import { AuthError } from '../../../common/auth-error.js';
import type { LedgerEntry } from '../../../storage/ledger-entry.js';
import { FeedInterruptions } from './feed-interruptions.js';
import { HeartbeatClock } from './heartbeat-clock.js';
import { ageMs, instantOf, later, type Instant } from './instant.js';
import { LedgerAvailability } from './ledger-availability.js';
import {
  FEED_VERSION,
  type FeedAnswer,
  type FeedHead,
  type FeedReply,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import type {
  LedgerHistory,
  LedgerPosition,
  LedgerRead,
} from '../../../storage/revocation-ledger.port.js';
import { RevokedSet } from './revoked-set.js';
import { ExpiryClock } from './expiry-clock.js';
import type { ProvenBy, RevocationViewState } from './revocation-view-state.js';

export type RevokedListener = (entries: readonly LedgerEntry[]) => void;
/** Where this process reads the feed: a new object for each resync, so that late replies to an earlier one are seen. */
export interface Tail {
  cursor: string;
  head: Heartbeat | undefined;
}

/**
 * What one process knows: the entries, how far it has read the ledger and the feed, and the time up to which that is
 * proven. No I/O, no timers: the step, the view service and the model test call it.
 */
export class RevocationView {
  readonly mirror: RevokedSet;
  readonly heartbeats = new HeartbeatClock();
  readonly expiryClock: ExpiryClock;
  readonly availability: LedgerAvailability;
  readonly interruptions: FeedInterruptions;
  readonly #listeners = new Set<RevokedListener>();
  #ledger: string | undefined;
  #foreign: string | undefined;
  #position: LedgerPosition | undefined;
  #timeline = 0;
  #tail: Tail | undefined;
  #linked = false;
  /** Where the feed was last proven complete; undefined if it is not, or the server is unknown. */
  #shownOn: string | undefined;
  /** The server that the feed was last read from, and when it was first known to be a primary. */
  #readFrom: { readonly lineage: string | undefined; readonly seenAt: Instant } | undefined;
  #provenAt: Instant | undefined;
  #provenBy: ProvenBy | 'nobody' = 'nobody';
  #newestBeat: Instant | undefined;

  constructor(
    private readonly clock: Clock,
    maxEntries: number,
  ) {
    this.mirror = new RevokedSet(maxEntries);
    this.expiryClock = new ExpiryClock(clock);
    this.availability = new LedgerAvailability(clock);
    this.interruptions = new FeedInterruptions(clock);
  }

  /** The ledger whose revocations these are; undefined while it is unknown. */
  get ledger(): string | undefined {
    return this.#ledger;
  }

  get history(): LedgerHistory | undefined {
    return this.#ledger === undefined
      ? undefined
      : { ledger: this.#ledger, timeline: this.#timeline };
  }

  /** The last other ledger whose heartbeat was found in this feed and refused. */
  get foreign(): string | undefined {
    return this.#foreign;
  }

  /** How far the mirror has read the ledger. */
  get position(): LedgerPosition | undefined {
    return this.#position;
  }

  get tail(): Tail | undefined {
    return this.#tail;
  }

  get linked(): boolean {
    return this.#linked;
  }

  /** When the newest heartbeat arrived (without a feed: when this process last read the ledger). */
  get newestBeat(): Instant | undefined {
    return this.#newestBeat;
  }

  /** Computed at each check. A flag set by a timer would be wrong after a pause of the process. */
  ageMs(): number {
    return this.#provenAt === undefined ? Infinity : ageMs(this.clock, this.#provenAt);
  }

  /** Whether an unknown token counts as live: complete, and proven within `maxStalenessMs`. */
  fresh(maxStalenessMs: number): boolean {
    return !this.mirror.overflowed && this.ageMs() <= maxStalenessMs;
  }

  state(): RevocationViewState {
    const { size, overflowed } = this.mirror;
    return {
      ageMs: this.ageMs(),
      provenBy: this.#provenBy,
      entries: size,
      bounded: overflowed,
      linked: this.#linked,
    };
  }

  onRevoked(listener: RevokedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(entries: Iterable<LedgerEntry>): void {
    const now = this.expiryClock.now();
    const news: LedgerEntry[] = [];
    const listened = this.#listeners.size > 0;
    for (const entry of entries) if (this.mirror.add(entry, now) && listened) news.push(entry);
    if (news.length > 0) for (const listener of this.#listeners) listener(news);
  }

  /** Small regular work: drops some expired entries, and notices a clock that was set back. */
  tick(): void {
    if (this.expiryClock.turnedBack()) this.startOver();
    this.mirror.sweep(this.expiryClock.now());
  }

  /** Switches to another ledger: nothing of it is known, and former proofs do not count. */
  follow<Ledger extends string | undefined>(ledger: Ledger): Ledger {
    if (ledger === this.#ledger) return ledger;
    this.#ledger = ledger;
    this.#timeline = 0;
    this.#tail = undefined;
    this.startOver();
    return ledger;
  }

  /** Nothing is proven any more; the next read is a full one. Entries stay: a view only adds. */
  startOver(): void {
    this.#position = undefined;
    this.#provenAt = undefined;
    this.unlink();
  }

  /**
   * Call this before the mirror is filled again from a complete source. Until then, entries that
   * found no room are unproven.
   */
  beginFill(): void {
    if (this.mirror.overflowed) this.#provenAt = undefined;
    this.mirror.forgetOverflow();
  }

  /** A newer timeline was promoted: the old primary proves nothing (contract, section 6). */
  sawTimeline(position: LedgerPosition | undefined): void {
    if (position && this.#isOwn(position) && position.timeline > this.#timeline)
      this.#timeline = position.timeline;
  }

  /**
   * Accepts a read of the primary, sent at `sentAt`, with everything that is new since `since`. If
   * the head was noted before the read, the feed is followed from there.
   */
  acceptLedger(
    sentAt: Instant,
    since: LedgerPosition | undefined,
    read: LedgerRead,
    noted?: FeedHead,
  ): void {
    const { ledger, timeline } = read.position;
    if (ledger !== this.#ledger) {
      this.follow(undefined);
      throw AuthError.unavailable('the database has another ledger than before');
    }
    if (timeline < this.#timeline) {
      throw AuthError.unavailable(
        `the ledger answers from timeline ${String(timeline)}, superseded by ${String(this.#timeline)}`,
      );
    }
    this.#timeline = timeline;
    if (read.nowMs !== undefined) this.expiryClock.databaseSaid(read.nowMs, sentAt.wall);
    // The view started over while the read was in progress, so it was not a full read.
    if (since !== undefined && this.#position === undefined) {
      this.add(read.entries);
      return;
    }
    this.add(read.entries);
    this.#position = read.position;
    this.#prove('postgres', sentAt);
    if (noted) {
      this.link(noted);
      this.#shownOn = noted.lineage;
    }
    if (!this.#linked) this.#newestBeat = sentAt;
  }

  /** From here on every link of the feed is followed. The caller has noted the head before it filled the mirror. */
  link(noted: FeedHead): void {
    this.#tail = { cursor: noted.cursor, head: noted.beat };
    this.#linked = true;
    this.#shownOn = undefined;
    this.#newestBeat = instantOf(this.clock);
    this.expiryClock.heard(noted.beat?.nowMs);
  }

  /** A link is missing: rows are still added, but prove nothing before the next resync. */
  unlink(): void {
    this.#linked = false;
  }

  acceptReply(tail: Tail, sentAt: Instant, reply: FeedReply): void {
    this.interruptions.answered();
    const rows: LedgerEntry[] = [];
    for (const item of reply.items) if (item.kind === 'row') rows.push(item.entry);
    if (rows.length > 0) this.add(rows);
    if (tail !== this.#tail) return;
    if (reply.lineage !== this.#readFrom?.lineage) {
      this.#readFrom = { lineage: reply.lineage, seenAt: instantOf(this.clock) };
      // also where the same server says who it is again: what it refused to write is not there yet
      if (reply.lineage === undefined) this.#shownOn = undefined;
    }
    for (const item of reply.items) if (item.kind === 'beat') this.#follow(tail, reply, item.beat);
    tail.cursor = reply.cursor;
    // A reply that was cut short does not tell the head.
    if (reply.complete && tail.head)
      this.heartbeats.observe('tail', reply.connection, tail.head.id, sentAt);
  }

  /** The greatest possible age of the feed's answer; Infinity if its head proves nothing. */
  answerAgeMs(sentAt: Instant, answer: FeedAnswer): number {
    const { head, connection } = answer;
    if (!head || !this.#acceptable(head)) return Infinity;
    const date = this.heartbeats.date('ask', connection, head);
    this.heartbeats.observe('ask', connection, head.id, sentAt);
    return date ? ageMs(this.clock, date) : Infinity;
  }

  /**
   * Whether the answer comes from the history that this process has followed and once saw proven, on the same server:
   * not from a flushed feed, an old dump, a promoted replica that lacks the end of the history, or a server that nobody
   * could write to a moment ago. A process that started after the last proof cannot distinguish a dump from the feed.
   */
  unbroken({ head, lineage }: FeedAnswer): boolean {
    const known = this.#tail?.head;
    if (!head || !known || !this.#linked || !this.interruptions.hasCaughtUp()) return false;
    if (this.#shownOn === undefined || lineage !== this.#shownOn) return false;
    return head.id === known.id || head.prev === known.id || head.before.includes(known.id);
  }

  #follow(tail: Tail, { connection, lineage }: FeedReply, beat: Heartbeat): void {
    const follows = beat.prev === (tail.head?.id ?? '') && this.#acceptable(beat);
    tail.head = beat;
    const date = this.heartbeats.date('tail', connection, beat);
    if (!follows) this.#linked = false;
    if (!this.#linked || beat.kind === 'part') return;
    this.sawTimeline(beat.position);
    this.expiryClock.heard(beat.nowMs);
    this.#newestBeat = instantOf(this.clock);
    this.#position = beat.position;
    if (!date) return;
    this.#prove('redis', date);
    this.interruptions.provenUpTo(date);
    // A heartbeat that was in flight during a fail-over is older than the last writes that the
    // former primary acknowledged.
    if (this.#readFrom && date.mono > this.#readFrom.seenAt.mono) this.#shownOn = lineage;
  }

  #acceptable(beat: Heartbeat): boolean {
    return (
      beat.version === FEED_VERSION &&
      (beat.position === undefined ||
        (this.#isOwn(beat.position) && beat.position.timeline >= this.#timeline))
    );
  }

  #isOwn({ ledger }: LedgerPosition): boolean {
    if (ledger !== this.#ledger) this.#foreign = ledger;
    return ledger === this.#ledger;
  }

  #prove(by: ProvenBy, at: Instant): void {
    // the process that took the step had an answer from the ledger
    this.availability.answered();
    if (this.#provenAt !== undefined && later(this.#provenAt, at) === this.#provenAt) return;
    this.#provenAt = at;
    this.#provenBy = by;
  }
}
