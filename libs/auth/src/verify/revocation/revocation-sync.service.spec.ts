import { describe, expect, it, jest } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { entries, tokenOf } from './protocol/ledger-sync.fixture.js';
import {
  fresh,
  MAX_STALENESS_MS,
  pass,
  ReadFeed,
  STEP_MS,
  useSyncs,
  WakingLedger,
} from './revocation-sync.fixture.js';
import type { LedgerHistory } from '../../storage/revocation-ledger.port.js';

const [UNTOLD, TOLD] = [[], ['the database may lose acknowledged commits']];

const { said, failed, follow } = useSyncs();

describe('a process with a ledger and no feed', () => {
  it('knows what was revoked once it is ready, and is filled once however often it is asked', async () => {
    const ledger = new WakingLedger(entries(5));
    const sync = follow(ledger);
    expect([fresh(sync), sync.state().entries]).toEqual([false, 0]);
    await Promise.all([sync.ready(), sync.onApplicationBootstrap()]);
    expect([fresh(sync), ledger.reads]).toEqual([true, 1]);
    expect(sync.state()).toMatchObject({ entries: 5, provenBy: 'postgres', linked: false });
    expect(sync.view.mirror.refuses(tokenOf('t4'))).toBe(true);
  });

  // T-c7rf
  it('tells the store what it knows of the ledger, so that a former primary is not believed', async () => {
    const ledger = new WakingLedger([]);
    let known: () => LedgerHistory | undefined = () => undefined;
    const forget = jest.fn();
    const setHistory = (given: typeof known) => {
      known = given;
      return forget;
    };
    const store = Object.assign(ledger, { setHistory });
    const sync = follow(store);
    expect(known()).toBeUndefined();
    await sync.ready();
    const { position } = sync.view;
    expect(known()).toEqual({ ledger: position?.ledger, timeline: position?.timeline });
    sync.view.sawTimeline({ ...position!, timeline: 7 });
    expect(known()?.timeline).toBe(7);
    expect(forget).not.toHaveBeenCalled();
    await sync.onApplicationShutdown();
    // closed, it learns nothing any more: others on the store must not go by it
    expect(forget).toHaveBeenCalled();
  });

  it('reads what is new five times in the time for which a proof is good', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    await sync.ready();
    await pass(MAX_STALENESS_MS);
    expect(ledger.reads).toBe(1 + MAX_STALENESS_MS / STEP_MS);
    expect(ledger.asked.slice(1)).not.toContain(undefined);
    expect(sync.state().ageMs).toBeLessThanOrEqual(STEP_MS);
  });

  it('reads at once when it is woken, and then no more often than before', async () => {
    const ledger = new WakingLedger([]);
    await follow(ledger).ready();
    await pass(50);
    expect(ledger.reads).toBe(1);
    ledger.wake();
    await pass(0);
    expect(ledger.reads).toBe(2);
    await pass(STEP_MS - 1);
    expect(ledger.reads).toBe(2);
    await pass(1);
    expect(ledger.reads).toBe(3);
  });

  it('says once that it cannot be filled, and why, and is filled when the ledger is back', async () => {
    const ledger = new WakingLedger([]);
    ledger.identity = () => Promise.reject(AuthError.unavailable('database: refused'));
    const sync = follow(ledger);
    const ready = sync.ready();
    await pass(5 * STEP_MS);
    expect([fresh(sync), said]).toEqual([
      false,
      ['the revocation view cannot be filled yet (database: refused); trying again'],
    ]);
    ledger.identity = () => Promise.resolve('ours');
    await pass(STEP_MS);
    await ready;
    expect([fresh(sync), said.length]).toEqual([true, 1]);
  });

  it('does not print an error that is not its own', async () => {
    const ledger = new WakingLedger([]);
    ledger.state = 'away';
    void follow(ledger).ready();
    await pass(1);
    expect(said).toEqual(['the revocation view cannot be filled yet (failed); trying again']);
  });

  it('boots within ten seconds without being filled', async () => {
    const ledger = new WakingLedger([]);
    ledger.state = 'away';
    let boot = 'waits';
    void follow(ledger)
      .onApplicationBootstrap()
      .then(() => (boot = 'done'));
    await pass(9_999);
    expect(boot).toBe('waits');
    await pass(1);
    expect(boot).toBe('done');
  });

  it('goes on after steps that failed, a pause after each', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    await sync.ready();
    ledger.state = 'away';
    await pass(2 * MAX_STALENESS_MS);
    expect(fresh(sync)).toBe(false);
    expect(ledger.reads).toBeLessThanOrEqual(1 + (2 * MAX_STALENESS_MS) / STEP_MS);
    ledger.state = 'up';
    await pass(2 * STEP_MS);
    expect(fresh(sync)).toBe(true);
  });

  it('leaves a ledger alone for a while after a question that took long and failed', async () => {
    const ledger = new WakingLedger([]);
    await follow(ledger).ready();
    ledger.readSince = (since) => {
      ledger.asked.push(since);
      return new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 3 * STEP_MS));
    };
    const { reads } = ledger;
    await pass(STEP_MS + 3 * STEP_MS + STEP_MS - 1);
    expect(ledger.reads - reads).toBe(1);
    await pass(2);
    expect(ledger.reads - reads).toBe(2);
  });

  it('reads everything once, however long it goes on', async () => {
    const ledger = new WakingLedger(entries(2));
    await follow(ledger).ready();
    await pass(3 * 60_000);
    expect(ledger.asked.filter((each) => each === undefined)).toHaveLength(1);
  });

  it('says at boot what the store warns of, and boots where that cannot be asked', async () => {
    for (const [warnings, expected] of [
      [() => Promise.resolve(TOLD), TOLD],
      [() => Promise.reject(new Error('away')), UNTOLD],
    ] as const) {
      said.length = 0;
      const ledger = new WakingLedger([]);
      ledger.warnings = warnings as () => Promise<never[]>;
      await follow(ledger).ready();
      expect(said).toEqual(expected);
    }
  });

  it('works without being woken where nobody can be', async () => {
    const ledger = new WakingLedger([]);
    ledger.onAppended = () => Promise.reject(new Error('a pooler swallows it'));
    const sync = follow(ledger);
    await sync.ready();
    await pass(STEP_MS);
    expect([ledger.reads, fresh(sync)]).toEqual([2, true]);
  });

  it('reads the feed also while the request to be woken has no answer', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    ledger.onAppended = () => new Promise(() => undefined);
    void follow(ledger, feed).ready();
    await pass(STEP_MS);
    expect(feed.reads).toBeGreaterThan(0);
  });
});

describe('a revocation of this process', () => {
  it('is in its view, and told to every listener, before add returns', async () => {
    const sync = follow(new WakingLedger([]));
    await sync.ready();
    const heard: unknown[] = [];
    const given = entries(1);
    sync.onRevoked(() => {
      throw new TypeError('may hold a secret');
    });
    const stop = sync.onRevoked((some) => void heard.push(some));
    sync.add(given);
    expect(heard).toEqual([given]);
    expect(sync.view.mirror.refuses(tokenOf('t0'))).toBe(true);
    expect(failed).toEqual(['a revocation listener failed: TypeError']);
    stop();
    sync.add(entries(2));
    expect(heard).toHaveLength(1);
  });

  it('reports a listener that throws something else than an Error', () => {
    const sync = follow(new WakingLedger([]));
    sync.onRevoked(() => {
      throw 'may hold a secret';
    });
    sync.add(entries(1));
    expect(failed).toEqual(['a revocation listener failed: unknown']);
  });
});

describe('a view that was too small', () => {
  it('is filled anew after a minute, if there is room by then', async () => {
    const ledger = new WakingLedger(entries(5));
    const sync = follow(ledger, undefined, 3);
    await sync.ready();
    expect([sync.state().bounded, fresh(sync)]).toEqual([true, false]);
    const fills = () => ledger.asked.filter((each) => each === undefined).length;
    await pass(3 * 60_000);
    expect(fills()).toBe(1);
    ledger.rows.length = 2;
    // the entries that it holds expire after ten minutes
    await pass(11 * 60_000);
    expect(fills()).toBeGreaterThan(1);
    expect([sync.state().bounded, fresh(sync)]).toEqual([false, true]);
  });

  it('is not filled anew before the minute is over, even if there is room', async () => {
    await pass(30_000);
    const expiresAt = Date.now() + 1_000;
    const ledger = new WakingLedger(entries(5).map((each) => ({ ...each, expiresAt })));
    const sync = follow(ledger, undefined, 3);
    await sync.ready();
    ledger.rows.length = 2;
    await pass(59_999);
    const fills = () => ledger.asked.filter((each) => each === undefined).length;
    expect([fills(), sync.view.mirror.hasRoom, fresh(sync)]).toEqual([1, true, false]);
    await pass(1);
    expect([fills(), fresh(sync)]).toEqual([2, true]);
  });
});
