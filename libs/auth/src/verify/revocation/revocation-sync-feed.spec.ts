import { describe, expect, it } from '@jest/globals';
import { beat } from './protocol/heartbeats.fixture.js';
import { entries, POSITION, tokenOf } from './protocol/ledger-sync.fixture.js';
import {
  fresh,
  MAX_STALENESS_MS,
  pass,
  ReadFeed,
  STEP_MS,
  useSyncs,
  WakingLedger,
} from './revocation-sync.fixture.js';

const { said, follow } = useSyncs();

describe('processes with a ledger and a feed', () => {
  it('share the steps: three read the ledger hardly more often than one', async () => {
    const ledger = new WakingLedger(entries(3));
    const feed = new ReadFeed();
    const all = ['a', 'b', 'c'].map(() => follow(ledger, feed));
    for (const each of all) await each.ready();
    await pass(MAX_STALENESS_MS);
    const before = ledger.reads;
    await pass(4 * MAX_STALENESS_MS);
    expect(all.map((each) => [fresh(each), each.state().linked])).toEqual(
      all.map(() => [true, true]),
    );
    expect(ledger.reads - before).toBeLessThanOrEqual(24);
    expect(ledger.reads - before).toBeGreaterThanOrEqual(12);
  });

  it('tell the feed how long it may believe a server', async () => {
    const feed = new ReadFeed();
    const told: number[] = [];
    feed.setMaxStaleness = (ms) => void told.push(ms);
    await follow(new WakingLedger([]), feed).ready();
    expect(told).toEqual([MAX_STALENESS_MS]);
  });

  it('are not woken while the feed carries the rows, and are while it is away', async () => {
    const ledger = new WakingLedger([]);
    const feed = new ReadFeed();
    await follow(ledger, feed).ready();
    await pass(3 * MAX_STALENESS_MS + 50);
    const readsOfWake = async () => {
      const { reads } = ledger;
      ledger.wake();
      await pass(0);
      return ledger.reads - reads;
    };
    expect(await readsOfWake()).toBe(0);
    feed.state = 'away';
    feed.fate = () => 'lost';
    await pass(2 * MAX_STALENESS_MS + 10);
    expect(await readsOfWake()).toBe(1);
  });

  it('are woken at once when a link of the feed is missing', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    const sync = follow(ledger, feed);
    await sync.ready();
    await pass(MAX_STALENESS_MS + 50);
    const { reads } = ledger;
    feed.beat(beat('9', '8', [], { position: POSITION }));
    await pass(0);
    expect([sync.state().linked, ledger.reads]).toEqual([false, reads]);
    ledger.wake();
    await pass(0);
    expect(ledger.reads).toBe(reads + 1);
  });

  it('are woken from twice their own wait after the last heartbeat on', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    await follow(ledger, feed).ready();
    await pass(MAX_STALENESS_MS);
    feed.state = 'away';
    feed.fate = () => 'lost';
    const { reads } = ledger;
    await pass(500);
    ledger.wake();
    await pass(0);
    expect(ledger.reads).toBe(reads + 2);
    await pass(1);
    ledger.wake();
    await pass(0);
    expect(ledger.reads).toBe(reads + 3);
  });

  it('take the next step without the wait of a follower when a link of the feed is missing', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    await follow(ledger, feed, undefined, 255).ready();
    await pass(MAX_STALENESS_MS + 50);
    const { reads } = ledger;
    feed.beat(beat('9', '8', [], { position: POSITION }));
    await pass(STEP_MS - 50);
    expect(ledger.reads).toBeGreaterThan(reads);
  });

  it('read the feed soon after it is there', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    feed.state = 'away';
    await follow(ledger, feed).ready();
    await pass(1.5 * STEP_MS);
    feed.state = 'up';
    // the step at 400 ms links it, and the seventh wait of 62 ms ends after that
    await pass(0.75 * STEP_MS);
    expect(feed.reads).toBeGreaterThan(0);
  });

  it('take over from the one that stopped, each after a wait of its own', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    const leader = follow(ledger, feed);
    await leader.ready();
    await pass(STEP_MS);
    const follower = follow(ledger, feed, undefined, 255);
    await follower.ready();
    await pass(3 * MAX_STALENESS_MS);
    void leader.onApplicationShutdown();
    const { reads } = ledger;
    // one and a half times a quarter of the staleness, from the last heartbeat on
    await pass(374);
    expect(ledger.reads).toBe(reads);
    await pass(1);
    expect(ledger.reads).toBe(reads + 1);
  });

  it('announce their ledger after a step, and not after one that failed', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    let announced = 0;
    feed.announce = () => Promise.resolve((announced += 1)).then(() => []);
    await follow(ledger, feed).ready();
    await pass(STEP_MS);
    expect(announced).toBe(1);
    ledger.state = 'away';
    await pass(10 * MAX_STALENESS_MS);
    expect(announced).toBe(1);
  });

  it('prove themselves by the ledger while the feed is away', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    const sync = follow(ledger, feed);
    await sync.ready();
    await pass(MAX_STALENESS_MS);
    feed.state = 'away';
    feed.fate = () => 'lost';
    const { reads } = ledger;
    await pass(3 * MAX_STALENESS_MS);
    expect(fresh(sync)).toBe(true);
    expect(sync.state().provenBy).toBe('postgres');
    expect(ledger.reads - reads).toBe((3 * MAX_STALENESS_MS) / STEP_MS);
  });

  it('say what both stores warn of', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    [ledger.told, feed.told] = [['of the ledger'], ['of the feed']];
    await follow(ledger, feed).ready();
    expect(said).toEqual(['of the feed', 'of the ledger']);
  });

  it('of a host may have nothing to warn of', async () => {
    const [ledger, feed] = [new WakingLedger([]), new ReadFeed()];
    for (const store of [ledger, feed]) Object.assign(store, { warnings: undefined });
    await follow(ledger, feed).ready();
    expect(said).toEqual([]);
  });
});

describe('a service that only verifies', () => {
  it('follows the ledger of its issuer’s keys, and knows what the feed holds', async () => {
    const feed = new ReadFeed();
    [feed.known, feed.snapshotted] = [['ours'], entries(2)];
    const sync = follow(undefined, feed);
    await sync.ready();
    expect(sync.view.ledger).toBe('ours');
    expect(sync.view.mirror.refuses(tokenOf('t1'))).toBe(true);
    // what was there before it came proves nothing
    expect([fresh(sync), sync.state().linked]).toEqual([false, true]);
    feed.beat(beat('1', ''));
    await pass(100);
    feed.beat(beat('2', '1'));
    await pass(100);
    feed.beat({ ...beat('3', '2'), before: ['1'] });
    await pass(100);
    expect([fresh(sync), sync.state().provenBy]).toEqual([true, 'redis']);
  });

  // T-v6hc
  it('knows the time of the database before it drops what has expired', async () => {
    const feed = new ReadFeed();
    const nowMs = Date.now() - 3_600_000;
    const [entry] = entries(1);
    [feed.known, feed.snapshotted] = [['ours'], [{ ...entry!, expiresAt: nowMs + 600_000 }]];
    feed.beat({ ...beat('1', ''), nowMs });
    const sync = follow(undefined, feed);
    await sync.ready();
    await pass(MAX_STALENESS_MS);
    expect(sync.view.mirror.refuses(tokenOf('t0'))).toBe(true);
  });

  it('waits until it is known whose ledger that is, and says so', async () => {
    const feed = new ReadFeed();
    const sync = follow(undefined, feed);
    const ready = sync.ready();
    await pass(MAX_STALENESS_MS);
    expect(said).toEqual([
      'the revocation view cannot be filled yet (whose revocations to follow is not known); trying again',
    ]);
    feed.known = ['ours'];
    await pass(MAX_STALENESS_MS);
    await ready;
    expect(sync.state().linked).toBe(true);
  });

  it('follows another ledger as soon as the keys are announced for that one', async () => {
    const feed = new ReadFeed();
    feed.known = ['ours'];
    const sync = follow(undefined, feed);
    await sync.ready();
    feed.known = ['theirs'];
    await pass(3_200);
    expect([sync.view.ledger, sync.state().linked]).toEqual(['theirs', true]);
  });

  it('fills its view again after a missing link, and after Redis was away', async () => {
    const feed = new ReadFeed();
    feed.known = ['ours'];
    const sync = follow(undefined, feed);
    await sync.ready();
    expect(feed.snapshots).toBe(1);
    feed.snapshotted = entries(1);
    feed.beat(beat('9', '8'));
    await pass(200);
    expect([feed.snapshots, sync.state().linked]).toEqual([2, true]);
    expect(sync.view.mirror.refuses(tokenOf('t0'))).toBe(true);

    feed.state = 'away';
    const { reads } = feed;
    await pass(MAX_STALENESS_MS);
    // two blocking reads’ time between two tries
    expect(feed.reads - reads).toBeLessThanOrEqual(1 + MAX_STALENESS_MS / 124);
    expect(sync.view.interruptions.hasCaughtUp()).toBe(false);
    feed.state = 'up';
    await pass(200);
    expect(feed.reads - reads).toBeGreaterThan(MAX_STALENESS_MS / 124);
    expect(sync.view.interruptions.hasCaughtUp()).toBe(false);
    await pass(10_100);
    expect(sync.view.interruptions.hasCaughtUp()).toBe(true);
  });

  it('proves nothing by itself where there is no feed either', async () => {
    const sync = follow(undefined);
    await sync.ready();
    await pass(MAX_STALENESS_MS);
    expect([fresh(sync), sync.state().provenBy, said]).toEqual([false, 'nobody', []]);
  });
});
