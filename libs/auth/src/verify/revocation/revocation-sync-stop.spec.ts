import { describe, expect, it, jest } from '@jest/globals';
import {
  MAX_STALENESS_MS,
  pass,
  STEP_MS,
  useSyncs,
  WakingLedger,
} from './revocation-sync.fixture.js';

const { follow } = useSyncs();

describe('a process that stops', () => {
  it('stops reading, and cannot be woken', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    await sync.ready();
    expect(ledger.listeners).toBe(1);
    await sync.onApplicationShutdown();
    const { reads } = ledger;
    ledger.wake();
    await pass(MAX_STALENESS_MS);
    expect([ledger.reads, ledger.listeners]).toEqual([reads, 0]);
  });

  it('does not wait for a ledger that hangs', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    await sync.ready();
    ledger.readSince = () => new Promise(() => undefined);
    await pass(STEP_MS);
    let stop = 'waits';
    void sync.onApplicationShutdown().then(() => (stop = 'done'));
    await pass(799);
    expect(stop).toBe('waits');
    await pass(1);
    expect(stop).toBe('done');
  });

  // T-sb7n
  it('while it was never filled stops trying, and does not begin to listen', async () => {
    const ledger = new WakingLedger([]);
    ledger.state = 'away';
    const listen = jest.spyOn(ledger, 'onAppended');
    const sync = follow(ledger);
    const ready = sync.ready();
    await pass(STEP_MS);
    const stopping = sync.onApplicationShutdown();
    await pass(0);
    await Promise.all([stopping, ready]);
    const { reads } = ledger;
    await pass(MAX_STALENESS_MS);
    expect(ledger.reads).toBe(reads);
    expect(listen).not.toHaveBeenCalled();
  });

  it('while it begins to listen listens no more, and waits for that', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    const begin = ledger.onAppended;
    const slowly = async (wake?: () => void) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return begin(wake);
    };
    ledger.onAppended = slowly;
    void sync.ready();
    await pass(50);
    let isOver = false;
    void sync.onApplicationShutdown().then(() => (isOver = true));
    await pass(49);
    expect(isOver).toBe(false);
    await pass(1);
    expect([isOver, ledger.listeners]).toEqual([true, 0]);
  });

  it('while it is not allowed to listen is over as well', async () => {
    const ledger = new WakingLedger([]);
    let refuse: (reason: Error) => void = () => undefined;
    ledger.onAppended = () => new Promise((_, reject) => (refuse = reject));
    const sync = follow(ledger);
    const ready = sync.ready();
    await pass(50);
    const stopping = sync.onApplicationShutdown();
    refuse(new Error('a pooler swallows it'));
    await expect(Promise.all([ready, stopping])).resolves.toHaveLength(2);
  });

  it('during a step is over as soon as that step has failed', async () => {
    const ledger = new WakingLedger([]);
    const sync = follow(ledger);
    await sync.ready();
    let fail: (reason: Error) => void = () => undefined;
    ledger.readSince = () => new Promise((_, reject) => (fail = reject));
    await pass(STEP_MS);
    let isOver = false;
    void sync.onApplicationShutdown().then(() => (isOver = true));
    await pass(0);
    expect(isOver).toBe(false);
    fail(new Error('away'));
    await pass(0);
    expect(isOver).toBe(true);
  });
});
