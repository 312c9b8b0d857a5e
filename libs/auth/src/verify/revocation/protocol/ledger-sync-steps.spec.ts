import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AuthError } from '../../../common/auth-error.js';
import { SystemEntropy } from '../../../common/entropy.js';
import type { Heartbeat } from '../../../storage/revocation-feed.port.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { beat } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';
import { entries, Feed, Ledger, POSITION, processWith, until } from './ledger-sync.fixture.js';
import { LedgerSync } from './ledger-sync.js';
import { RevocationView } from './revocation-view.js';

type Process = ReturnType<typeof processWith>;
/** Reads the feed's newest heartbeat back, as the reader of the feed does. */
function hear({ view, clock }: Process, beat: Heartbeat | undefined): void {
  if (!view.tail || !beat) throw new Error('nothing to hear');
  const reply = { cursor: '1', complete: true, connection: 1, lineage: 'a' };
  view.acceptReply(view.tail, instantOf(clock), { ...reply, items: [{ kind: 'beat', beat }] });
}
const whole = async (feed: Feed) => until(() => feed.current?.kind === 'whole');
const settled = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
};
const away = () => Promise.reject(AuthError.unavailable('away'));
const NEWER = { ...POSITION, snapshot: '12:12:' };

describe('a step', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('reads the ledger once where the feed has what the process has', async () => {
    const [ledger, feed] = [new Ledger([]), new Feed()];
    const own = processWith(ledger, feed);
    await own.step.run();
    await whole(feed);
    hear(own, feed.current);
    await own.step.run();
    await settled();
    expect(ledger.asked).toEqual([undefined, POSITION]);
    expect(feed.kinds).toEqual(['whole', 'whole']);
  });

  it.each([
    ['snapshot', NEWER],
    ['timeline', { ...POSITION, timeline: 2 }],
  ])(
    'reads for the feed from the feed’s own position, where its %s differs',
    async (_, position) => {
      const [ledger, feed] = [new Ledger([]), new Feed()];
      feed.current = beat('x', '', [], { position });
      const read = jest.spyOn(ledger, 'readSince').mockImplementation((since) => {
        ledger.asked.push(since);
        return Promise.resolve({ position: { ...position }, entries: [] });
      });
      const { step, view } = processWith(ledger, feed);
      view.follow('ours');
      view.acceptLedger(instantOf(new ManualClock()), undefined, {
        position: POSITION,
        entries: [],
      });
      await step.run();
      expect(ledger.asked).toEqual([POSITION, position]);
      read.mockRestore();
    },
  );

  it('waits 200 ms for a feed that hangs, and starts no second extension meanwhile', async () => {
    jest.useFakeTimers();
    const [ledger, feed, clock] = [new Ledger([]), new Feed(), new ManualClock()];
    const append = jest.spyOn(feed, 'append').mockReturnValue(new Promise(() => undefined));
    const view = new RevocationView(clock, 10);
    const step = new LedgerSync(view, ledger, feed, clock, new SystemEntropy());
    let done = 0;
    void step.run().then(() => done++);
    await jest.advanceTimersByTimeAsync(199);
    expect(done).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toBe(1);
    await step.run();
    expect(append).toHaveBeenCalledTimes(1);
    expect(view.ageMs()).toBe(0);
  });

  it('extends the feed again after an extension that failed', async () => {
    const [ledger, feed] = [new Ledger([]), new Feed()];
    feed.fate = (count) => (count === 1 ? 'lost' : 'kept');
    const { step } = processWith(ledger, feed);
    await step.run();
    await settled();
    expect([feed.kinds, step.leads()]).toEqual([[], false]);
    await step.run();
    await whole(feed);
  });

  it('fails while the ledger is away, which is counted', async () => {
    const ledger = new Ledger([]);
    const { step, view, clock } = processWith(ledger, new Feed());
    const read = jest.spyOn(ledger, 'readSince').mockImplementation(away);
    for (const _ of [1, 2]) {
      await expect(step.run()).rejects.toMatchObject({ code: 'unavailable' });
      clock.advance('1s');
    }
    expect([view.availability.awayMs(), view.ageMs()]).toEqual([1_000, Infinity]);
    read.mockRestore();
    await step.run();
    expect(view.ageMs()).toBe(0);
  });

  it('proves the view while the feed is away', async () => {
    const feed = new Feed();
    feed.head = away;
    const { step, view } = processWith(new Ledger(entries(4)), feed);
    await step.run();
    expect(view.state()).toMatchObject({
      ageMs: 0,
      provenBy: 'postgres',
      linked: false,
      entries: 4,
    });
    expect(feed.kinds).toEqual([]);
  });

  it('keeps an overflow in mind until it reads everything again', async () => {
    const ledger = new Ledger(entries(11));
    const { step, view } = processWith(ledger, undefined, 5);
    await step.run();
    await step.run();
    expect(view.state().bounded).toBe(true);
    ledger.rows.splice(0, 11);
    view.startOver();
    await step.run();
    expect(view.state()).toMatchObject({ bounded: false, ageMs: 0 });
  });
});

describe('a fill', () => {
  it('that another process does is left alone for two seconds after its newest part', async () => {
    const feed = new Feed();
    feed.current = beat('p', '', [], { kind: 'part', position: undefined });
    const { step, view, clock } = processWith(new Ledger(entries(3)), feed);
    await step.run();
    clock.advance('1999ms');
    view.unlink();
    await step.run();
    expect(feed.kinds).toEqual([]);
    clock.advance('1ms');
    view.unlink();
    await step.run();
    await whole(feed);
  });

  it('ends at its next part once the process stops', async () => {
    const [ledger, feed] = [new Ledger(entries(11)), new Feed()];
    const { step } = processWith(ledger, feed);
    feed.fate = (count) => (count === 2 && step.stop(), 'kept');
    await step.run();
    await settled();
    expect(feed.kinds).toEqual(['part', 'part']);
  });

  it('of a database that was replaced meanwhile is given up', async () => {
    const [ledger, feed] = [new Ledger([]), new Feed()];
    const { step } = processWith(ledger, feed);
    jest.spyOn(ledger, 'readSince').mockImplementation((since) => {
      ledger.asked.push(since);
      const position = ledger.reads === 1 ? POSITION : { ...POSITION, ledger: 'copy' };
      return Promise.resolve({ position, entries: [] });
    });
    feed.current = beat('x', '', [], { position: NEWER });
    await step.run();
    await settled();
    expect(ledger.reads).toBe(2);
    expect(feed.kinds).toEqual([]);
  });

  it.each([
    ['lost: the feed was emptied', undefined, false],
    ['overtaken: another process was faster', 'follows', true],
  ])('is %s', async (_, next, linked) => {
    const [ledger, feed] = [new Ledger([]), new Feed()];
    const own = processWith(ledger, feed);
    await own.step.run();
    await whole(feed);
    hear(own, feed.current);
    const { id, position } = feed.current as Heartbeat;
    feed.current = next ? beat(next, id, [], { position }) : undefined;
    await own.step.run();
    await settled();
    expect(own.view.linked).toBe(linked);
    expect(own.step.leads()).toBe(true);
  });
});
