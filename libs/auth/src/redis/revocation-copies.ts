import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerEntry } from '../storage/ledger-entry.js';
import { copyOf } from './feed-encoding.js';
import { type HostClient, isCluster, runScript } from './own-client.js';

/** The most copies in flight to a cluster's nodes: a node that hangs must not fill the memory. */
const MAX_IN_FLIGHT = 5_000;

/** The keys that services in other languages read. Best effort: a missing copy proves nothing. */
export class RevocationCopies {
  #inFlight = 0;

  /** Waits a moment if needed, because a fill is not faster than its copies arrive. */
  async room(count: number): Promise<void> {
    for (let i = 0; i < 10 && this.#inFlight + count > MAX_IN_FLIGHT; i++) await delay(10);
  }

  /** To be called before the script of the rows. On Cluster each copy goes by itself, because their slots differ. */
  send(client: HostClient, entries: readonly LedgerEntry[]): void {
    const copies = entries.flatMap((entry) => {
      const copy = copyOf(entry);
      return copy ? [{ key: copy.key, args: [copy.value, entry.expiresAt] }] : [];
    });
    if (!isCluster(client)) {
      const keys = copies.map(({ key }) => key);
      const args = copies.flatMap((copy) => copy.args);
      if (keys.length > 0) runScript(client, 'tokenwardCopy', keys, args).catch(() => undefined);
      return;
    }
    if (this.#inFlight > MAX_IN_FLIGHT) return;
    for (const { key, args } of copies) {
      this.#inFlight++;
      void runScript(client, 'tokenwardCopy', [key], args)
        .catch(() => undefined)
        .finally(() => {
          this.#inFlight--;
        });
    }
  }
}
