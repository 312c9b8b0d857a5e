import type { Removal } from '../storage/session-store.port.js';
import type { MemoryDatabase } from './memory-database.js';
import { overAtMs } from './memory-session-rows.js';

interface Page {
  readonly keepMs: number;
  readonly page: number;
  /** The last id of the page before; empty: from the beginning. */
  readonly cursor: string;
}

/** Removes what `SessionStore.removeExpired` says, of one page of sessions. */
export function removePage(
  { sessions, ledger, clock }: MemoryDatabase,
  { keepMs, page, cursor }: Page,
): Removal {
  const nowMs = clock.now();
  const seen = [...sessions]
    .filter(([id]) => id > cursor)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, page);
  const gone = seen.filter(([, row]) => overAtMs(row) < nowMs - keepMs);
  for (const [id] of gone) sessions.delete(id);
  const spent = [...ledger].filter(([, { expiresAt }]) => expiresAt < nowMs).slice(0, page);
  for (const [number] of spent) ledger.delete(number);
  const last = seen.at(-1)?.[0];
  return { removed: gone.length + spent.length, cursor: seen.length === page ? last : undefined };
}
