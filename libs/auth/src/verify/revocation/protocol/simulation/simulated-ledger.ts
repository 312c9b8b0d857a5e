import type { LedgerEntry, RevocableToken } from '../../../../storage/ledger-entry.js';
import {
  RevocationLedgerStore,
  type LedgerPosition,
  type LedgerRead,
} from '../../../../storage/revocation-ledger.port.js';
import type { Machine, SimulatedWorld } from './simulated-world.js';

const DEADLINE_MS = 250;

/**
 * Simulates what matters of Postgres: transactions get their number when they write and become
 * visible when they commit, in any order.
 */
export class LedgerServer {
  downUntil = 0;
  #next = 100;
  readonly #running = new Set<number>();
  readonly #written: { xid: number; entry: LedgerEntry }[] = [];

  constructor(
    readonly id: string,
    private readonly wholeSnapshots: boolean,
  ) {}

  begin(entry: LedgerEntry): number {
    const xid = this.#next++;
    this.#running.add(xid);
    this.#written.push({ xid, entry });
    return xid;
  }

  commit(xid: number): void {
    this.#running.delete(xid);
  }

  read(since: LedgerPosition | undefined): LedgerRead {
    const [, xmax, xip] = (since?.snapshot ?? '0:0:').split(':') as [string, string, string];
    const running = this.wholeSnapshots
      ? xip
          .split(',')
          .filter((text) => text !== '')
          .map(Number)
      : [];
    const entries = this.#written
      .filter(
        ({ xid }) => !this.#running.has(xid) && (xid >= Number(xmax) || running.includes(xid)),
      )
      .map(({ entry }) => entry);
    const snapshot = `${String(Math.min(this.#next, ...this.#running))}:${String(this.#next)}:${[...this.#running].join(',')}`;
    return { position: { ledger: this.id, timeline: 1, snapshot }, entries };
  }

  holds(id: string): boolean {
    return this.#written.some(({ xid, entry }) => entry.id === id && !this.#running.has(xid));
  }
}

export class SimulatedLedger extends RevocationLedgerStore {
  constructor(
    private readonly world: SimulatedWorld,
    private readonly machine: Machine,
    private readonly server: LedgerServer,
  ) {
    super();
  }

  identity(): Promise<string> {
    return this.#call(() => this.server.id);
  }
  begin(entry: LedgerEntry): Promise<number> {
    return this.#call(() => this.server.begin(entry));
  }
  commit(xid: number): Promise<void> {
    return this.#call(() => {
      this.server.commit(xid);
    });
  }
  append(): Promise<never> {
    return Promise.reject(new Error('the simulation uses begin and commit'));
  }
  readSince(since: LedgerPosition | undefined): Promise<LedgerRead> {
    return this.#call(() => this.server.read(since));
  }
  isRevoked(token: RevocableToken): Promise<boolean> {
    return this.#call(() => this.server.holds(token.tokenId));
  }
  onAppended(): Promise<() => Promise<void>> {
    return Promise.resolve(() => Promise.resolve());
  }

  #call<T>(work: () => T): Promise<T> {
    return this.world.call<T>(this.machine, 'pool', DEADLINE_MS * 4, (answer, fail) => {
      if (this.server.downUntil > this.world.now) fail();
      else answer(work());
    });
  }
}
