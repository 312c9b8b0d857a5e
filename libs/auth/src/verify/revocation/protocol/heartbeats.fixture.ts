// Spec support: positions of a ledger, and heartbeats of its feed.
import { FEED_VERSION, type Heartbeat } from '../../../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../../../storage/revocation-ledger.port.js';

export const at = (snapshot: string, timeline = 1, ledger = 'ours'): LedgerPosition => ({
  ledger,
  timeline,
  snapshot,
});
export const beat = (
  id: string,
  prev: string,
  before: string[] = [],
  more: object = {},
): Heartbeat => ({
  version: FEED_VERSION,
  id,
  prev,
  before,
  kind: 'whole',
  position: at(`of ${id}`),
  ...more,
});
