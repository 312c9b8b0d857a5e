// Spec support: positions of a ledger, heartbeats of its feed, and a view that follows both.
import {
  FEED_VERSION,
  type FeedAnswer,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../../../storage/revocation-ledger.port.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { instantOf } from './instant.js';
import { RevocationView } from './revocation-view.js';

export const at = (snapshot: string, timeline = 1, ledger = 'ours'): LedgerPosition => ({
  ledger,
  timeline,
  snapshot,
});
export const beat = (
  id: string,
  prev: string,
  before: readonly string[] = [],
  more: Partial<Heartbeat> = {},
): Heartbeat => ({
  version: FEED_VERSION,
  id,
  prev,
  before,
  kind: 'whole',
  position: at(`of ${id}`),
  ...more,
});

/** A view with room for three entries that follows the ledger of `at`, and its clock. */
export function followingView() {
  const clock = new ManualClock();
  const view = new RevocationView(clock, 3);
  view.follow('ours');
  /** A full read of the ledger, sent now, after the head was noted. */
  const filled = (
    head?: Heartbeat,
    { lineage }: Pick<FeedAnswer, 'lineage'> = { lineage: 'a' },
  ): void => {
    const read = { position: at('5:5:'), entries: [] };
    view.acceptLedger(instantOf(clock), undefined, read, { cursor: '0', beat: head, lineage });
  };
  return { clock, view, filled };
}
