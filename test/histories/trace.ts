import type { Heartbeat } from '@tokenward/nestjs/storage';

/** The contents of the feed in order: an ended session, or a heartbeat with the time at which Redis accepted it. */
export type FeedEvent =
  | { readonly kind: 'row'; readonly session: string }
  | { readonly kind: 'beat'; readonly atMs: number; readonly beat: Heartbeat };

/** The actions of one reader in order. All times are milliseconds since the epoch on one machine. */
export type ReaderEvent =
  /** It loaded the whole index. */
  | {
      readonly kind: 'filled';
      readonly sessions: readonly string[];
      readonly head: string | undefined;
    }
  | {
      readonly kind: 'read';
      readonly sentMs: number;
      /** False: truncated. */
      readonly complete: boolean;
      readonly items: readonly FeedEvent[];
    }
  /** It claims to know everything up to this time. */
  | { readonly kind: 'proven'; readonly upToMs: number };

export interface Trace {
  readonly feed: readonly FeedEvent[];
  readonly reader: readonly ReaderEvent[];
  /** Session → when its ending was answered. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Session → the transaction that ended it. */
  readonly transactions: ReadonlyMap<string, bigint>;
}

/** Rule texts of tools/model/revocation.pml; trace.spec.ts compares them. */
export const RULES = {
  snapshot: 'the snapshot is taken after Redis acknowledged the heartbeat before',
  head: 'rows and heartbeat are appended only if the head still is the one that was seen',
  refill: 'what the feed lacks is published, whoever lost it',
  cut: 'what was first seen in this reply may have been there long before, if the last one was cut short',
  link: 'a missed link proves nothing',
  date: 'the date is the sending of the read before the one that first showed it',
} as const;
/** The model's assertion. */
const PROVEN = 'what is proven is in the view';
/** Tolerance for readings of two clocks, in whole milliseconds. */
const ROUNDING_MS = 5;

/** Violations of the model's rules in the trace, one line each. */
export function refusalsOf(trace: Trace): string[] {
  return [...writers(trace), ...reader(trace)];
}

function* writers({ feed, acknowledged, transactions }: Trace): Generator<string> {
  let holds = new Set<string>();
  let since = new Set<string>();
  /** What no heartbeat of this chain was held against with success: a history is long. */
  let pending = new Map(transactions);
  let last = '';
  /** When the last heartbeat that was whole was taken: the base of the next one is at least as new. */
  let baseMs = -Infinity;
  for (const event of feed) {
    if (event.kind === 'row') {
      for (const rows of [holds, since]) rows.add(event.session);
      continue;
    }
    const { beat, atMs } = event;
    if (beat.prev !== last && beat.prev !== '')
      yield `${RULES.head}: ${beat.id} names ${beat.prev}, not ${last}`;
    if (beat.prev === '' && last !== '') {
      // the feed was emptied: only entries after the last heartbeat count
      holds = since;
      pending = new Map(transactions);
      baseMs = -Infinity;
    }
    if (beat.kind === 'whole' && beat.position) {
      const isVisible = visibleIn(beat.position.snapshot);
      for (const [session, xid] of pending) {
        const seen = isVisible(xid);
        if (seen && holds.has(session)) pending.delete(session);
        if (seen && !holds.has(session))
          yield `${RULES.refill}: ${session} is not before ${beat.id}`;
        const answeredMs = acknowledged.get(session) ?? Infinity;
        if (!seen && answeredMs < baseMs - ROUNDING_MS)
          yield `${RULES.snapshot}: ${beat.id} does not see ${session}`;
      }
      baseMs = atMs;
    }
    last = beat.id;
    since = new Set();
  }
}

function* reader({ reader: events, acknowledged }: Trace): Generator<string> {
  const view = new Set<string>();
  const dated = new Map<string, number>();
  /** In the order of their answers; entries stay in the view. */
  const endings = [...acknowledged].sort(([, a], [, b]) => a - b);
  let next = 0;
  let last: string | undefined;
  let isLinked = false;
  /** An entry that no reply had shown by this time was appended later, even after a fill in between. */
  let wholeReadMs = -Infinity;
  let allowedMs = -Infinity;
  for (const event of events) {
    if (event.kind === 'filled') {
      for (const session of event.sessions) view.add(session);
      last = event.head ?? '';
      isLinked = true;
    } else if (event.kind === 'read') {
      for (const item of event.items) {
        if (item.kind === 'row') view.add(item.session);
        else {
          const { id, prev, kind } = item.beat;
          isLinked &&= prev === last;
          last = id;
          dated.set(id, wholeReadMs);
          if (isLinked && kind === 'whole')
            allowedMs = Math.max(allowedMs, dated.get(prev) ?? -Infinity);
        }
      }
      if (event.complete) wholeReadMs = event.sentMs;
    } else {
      const { upToMs } = event;
      if (upToMs > allowedMs + ROUNDING_MS)
        yield `${RULES.date}, ${RULES.link}, or ${RULES.cut}: proven up to ${upToMs}, at most ${allowedMs}`;
      for (; (endings[next]?.[1] ?? Infinity) < upToMs - ROUNDING_MS; next++)
        if (!view.has(String(endings[next]?.[0])))
          yield `${PROVEN}: ${String(endings[next])}, proven up to ${upToMs}`;
    }
  }
}

/** A PostgreSQL snapshot: `xmin:xmax:in progress`. */
function visibleIn(snapshot: string): (xid: bigint) => boolean {
  const [, xmax = '0', running = ''] = snapshot.split(':');
  const [end, open] = [BigInt(xmax), new Set(running.split(','))];
  return (xid) => xid < end && !open.has(String(xid));
}
