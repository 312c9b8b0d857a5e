// Spec support: a ledger and a feed in memory, and a process that takes steps over them.
import { SystemEntropy } from '../../../common/entropy.js';
import type { LedgerEntry } from '../../../storage/ledger-entry.js';
import {
  RevocationFeedBus,
  type AppendOutcome,
  type FeedAnswer,
  type FeedHead,
  type FeedReply,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import {
  RevocationLedgerStore,
  type LedgerPosition,
  type LedgerRead,
} from '../../../storage/revocation-ledger.port.js';
import { expect } from '@jest/globals';
import { ManualClock } from '../../../testing/manual-clock.js';
import { LedgerSync } from './ledger-sync.js';
import { RevocationView } from './revocation-view.js';

export const POSITION: LedgerPosition = { ledger: 'ours', timeline: 1, snapshot: '9:9:' };
const expiresAt = Date.now() + 600_000;
export const entries = (count: number): LedgerEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'token',
    id: `t${String(i)}`,
    value: 0,
    expiresAt,
  }));
export const tokenOf = (tokenId: string) => ({
  tokenId,
  sessionId: 's',
  subject: 'u',
  tokenVersion: 1,
  keyId: 'k',
  issuedAt: 1,
});

/** Answers a full read in batches of three. */
export class Ledger extends RevocationLedgerStore {
  readonly asked: (LedgerPosition | undefined)[] = [];
  id = 'ours';
  constructor(readonly rows: LedgerEntry[]) {
    super();
  }
  async readSince(
    since: LedgerPosition | undefined,
    onBatch?: (some: readonly LedgerEntry[]) => void | Promise<void>,
  ): Promise<LedgerRead> {
    this.asked.push(since);
    const position = { ...POSITION, ledger: this.id };
    if (since || !onBatch) return { position, entries: since ? [] : this.rows };
    for (let from = 0; from < this.rows.length; from += 3)
      await onBatch(this.rows.slice(from, from + 3));
    return { position, entries: [] };
  }
  get reads(): number {
    return this.asked.length;
  }
  identity = () => Promise.resolve(this.id);
  append = () => Promise.resolve({ entries: [], events: [] });
  isRevoked = () => Promise.resolve(false);
  onAppended = () => Promise.resolve(() => Promise.resolve());
}

/** Two rows at a time; `fate` decides the outcome of each append. */
export class Feed extends RevocationFeedBus {
  readonly maxRows = 2;
  current: Heartbeat | undefined;
  readonly rows = new Set<string>();
  readonly kinds: string[] = [];
  readonly ledgers = new Set<string>();
  fate: (count: number) => 'kept' | 'answer lost' | 'lost' = () => 'kept';
  #count = 0;

  append(ledger: string, some: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome> {
    const fate = this.fate(++this.#count);
    this.ledgers.add(ledger);
    if (fate === 'lost') return Promise.reject(new Error('lost'));
    if ((this.current?.id ?? '') !== beat.prev)
      return Promise.resolve({ kind: 'moved', head: this.current });
    this.current = beat;
    this.kinds.push(beat.kind);
    for (const entry of some) this.rows.add(entry.id);
    return fate === 'kept'
      ? Promise.resolve({ kind: 'appended' })
      : Promise.reject(new Error('lost'));
  }
  head = (): Promise<FeedHead> =>
    Promise.resolve({ cursor: '0', beat: this.current, lineage: 'a' });
  publish = () => Promise.resolve();
  read = (): Promise<FeedReply> => Promise.reject(new Error('not used'));
  snapshot = () => this.head();
  lookup = (): Promise<FeedAnswer> => Promise.reject(new Error('not used'));
  announce = () => Promise.resolve([]);
  ledgersOf = () => Promise.resolve([]);
  warnings = () => Promise.resolve([]);
}

export function processWith(ledger: Ledger, feed: Feed | undefined, maxEntries = 1_000) {
  const clock = new ManualClock();
  const view = new RevocationView(clock, maxEntries);
  const step = new LedgerSync(view, ledger, feed, clock, new SystemEntropy(), () =>
    Promise.resolve(),
  );
  return { clock, view, step };
}

export async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !what(); i++) await new Promise((resolve) => setImmediate(resolve));
  expect(what()).toBe(true);
}
