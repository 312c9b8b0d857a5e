import type { ApiKeyStore } from './api-key-store.port.js';
import type { OneTimeTokenStore } from './one-time-token-store.port.js';
import type { SessionStore } from './session-store.port.js';

export interface ExpiringStores {
  readonly sessions: SessionStore;
  readonly oneTimeTokens?: OneTimeTokenStore;
  readonly apiKeys?: ApiKeyStore;
}

export interface RemovalPace {
  /** How long a session that ended or expired is kept. */
  readonly keepMs: number;
  /** Asked between pages. */
  readonly goesOn: () => boolean;
}

const PAGE = 500;

/**
 * One walk over all sessions, then the expired one-time tokens and API keys, in small pages; resolves with how many
 * rows it removed.
 */
export async function removeExpired(
  { sessions, oneTimeTokens, apiKeys }: ExpiringStores,
  { keepMs, goesOn }: RemovalPace,
): Promise<number> {
  let removed = 0;
  let cursor: string | undefined;
  do {
    const page = await sessions.removeExpired(keepMs, PAGE, cursor);
    removed += page.removed;
    cursor = page.cursor;
  } while (cursor !== undefined && goesOn());
  for (const store of [oneTimeTokens, apiKeys]) {
    let page: number;
    do {
      page = (await store?.removeExpired(PAGE)) ?? 0;
      removed += page;
    } while (page === PAGE && goesOn());
  }
  return removed;
}
