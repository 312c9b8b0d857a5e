import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  type NewOneTimeToken,
  type OneTimeToken,
  OneTimeTokenStore,
  type SpentAlongside,
  type TokenOwner,
} from '../storage/one-time-token-store.port.js';
import {
  asMemoryTransaction,
  type MemoryDatabase,
  type MemoryTransaction,
  type TokenRow,
} from './memory-database.js';

/** `OneTimeTokenStore` in the memory of one process, for tests. */
export class MemoryOneTimeTokenStore extends OneTimeTokenStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  issue({ hash, ttlMs, tries = 1, ...token }: NewOneTimeToken): Promise<'issued' | 'superseded'> {
    return this.within(undefined, (tx) => {
      const { kind, owner, data } = token;
      if (owner) {
        if (this.database.subject(owner.subject).epoch !== owner.epoch) return 'superseded';
        this.removeBeyond(tx, kind, owner);
      }
      const epoch = owner?.diesWith === 'sessions' ? owner.epoch : undefined;
      const expiresAtMs = this.database.clock.now() + ttlMs;
      // as a column of JSON holds it
      const kept = JSON.parse(JSON.stringify(data)) as TokenRow['data'];
      const row = {
        kind,
        subject: owner?.subject,
        epoch,
        data: kept,
        triesLeft: tries,
        expiresAtMs,
      };
      tx.put(this.database.oneTimeTokens, keyOf(hash), row);
      return 'issued';
    });
  }

  read(kind: string, hash: Buffer): Promise<OneTimeToken | undefined> {
    return this.within(undefined, () => this.toToken(this.live(kind, hash)));
  }

  attempt(kind: string, hash: Buffer): Promise<OneTimeToken | undefined> {
    return this.within(undefined, (tx) => {
      const row = this.live(kind, hash);
      if (!row || row.triesLeft < 1) return undefined;
      tx.put(this.database.oneTimeTokens, keyOf(hash), { ...row, triesLeft: row.triesLeft - 1 });
      return this.toToken(row);
    });
  }

  redeem(
    kind: string,
    hash: Buffer,
    { tx: given, work }: SpentAlongside = {},
  ): Promise<OneTimeToken | undefined> {
    const spend = (tx: MemoryTransaction) => {
      const row = this.live(kind, hash);
      if (row) tx.remove(this.database.oneTimeTokens, keyOf(hash));
      return this.toToken(row);
    };
    if (!work) return this.within(given, spend);
    return this.database.transaction(async (tx) => {
      await work(tx);
      const found = spend(tx);
      if (!found) tx.rollBack();
      return found;
    });
  }

  once(use: Pick<NewOneTimeToken, 'hash' | 'kind' | 'data' | 'ttlMs'>): Promise<'first' | 'again'> {
    return this.within(undefined, (tx) =>
      this.replaced(tx, use, () => false) ? 'first' : 'again',
    );
  }

  keepGreatest({
    at,
    ...mark
  }: Pick<NewOneTimeToken, 'hash' | 'kind' | 'ttlMs'> & { readonly at: number }): Promise<void> {
    return this.within(undefined, (tx) => {
      this.replaced(tx, { ...mark, data: { at } }, ({ data }) => Number(data['at']) <= at);
    });
  }

  removeOf(subject: string, given?: HostTransaction): Promise<void> {
    return this.within(given, (tx) => this.database.removeTokensOf(tx, subject));
  }

  removeExpired(page: number): Promise<number> {
    return this.within(undefined, (tx) => {
      const table = this.database.oneTimeTokens;
      const now = this.database.clock.now();
      const expired = [...table].filter(([, { expiresAtMs }]) => expiresAtMs <= now).slice(0, page);
      for (const [key] of expired) tx.remove(table, key);
      return expired.length;
    });
  }

  /** Whether it was stored: nothing was there, or its time is over, or `mayReplace` it. */
  private replaced(
    tx: MemoryTransaction,
    { hash, kind, data, ttlMs }: Pick<NewOneTimeToken, 'hash' | 'kind' | 'data' | 'ttlMs'>,
    mayReplace: (kept: TokenRow) => boolean,
  ): boolean {
    const table = this.database.oneTimeTokens;
    const now = this.database.clock.now();
    const kept = table.get(keyOf(hash));
    if (kept && kept.expiresAtMs > now && !mayReplace(kept)) return false;
    const expiresAtMs = now + ttlMs;
    const row = { kind, subject: undefined, epoch: undefined, data, triesLeft: 1, expiresAtMs };
    tx.put(table, keyOf(hash), row);
    return true;
  }

  private live(kind: string, hash: Buffer): TokenRow | undefined {
    const row = this.database.oneTimeTokens.get(keyOf(hash));
    if (row?.kind !== kind || row.expiresAtMs <= this.database.clock.now()) return undefined;
    const { epoch, subject = '' } = row;
    return epoch === undefined || epoch === this.database.subject(subject).epoch ? row : undefined;
  }

  private toToken(row: TokenRow | undefined): OneTimeToken | undefined {
    if (!row) return undefined;
    const { subject, data } = row;
    if (subject === undefined) return { data };
    return { owner: { subject, state: this.database.subject(subject) }, data };
  }

  /** A map keeps the order in which they were issued. */
  private removeBeyond(tx: MemoryTransaction, kind: string, { subject, atMost }: TokenOwner): void {
    const table = this.database.oneTimeTokens;
    const mine = [...table]
      .filter(([, row]) => row.subject === subject && row.kind === kind)
      .reverse();
    for (const [key] of mine.slice(atMost - 1)) tx.remove(table, key);
  }

  private within<T>(
    given: HostTransaction | undefined,
    work: (tx: MemoryTransaction) => T,
  ): Promise<T> {
    return given
      ? Promise.resolve(work(asMemoryTransaction(given)))
      : this.database.transaction((tx) => work(tx));
  }
}

function keyOf(hash: Buffer): string {
  return hash.toString('hex');
}
