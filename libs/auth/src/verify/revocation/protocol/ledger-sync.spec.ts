import { describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../../common/clock.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { beat } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';
import { RevocationView } from './revocation-view.js';
import {
  type FeedAnswer,
  type FeedReply,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import {
  entries,
  Feed,
  Ledger,
  POSITION,
  processWith,
  tokenOf,
  until,
} from './ledger-sync.fixture.js';

describe('the step', () => {
  // T-p766
  it('fills an empty feed in parts, reads in batches, and ends with a complete heartbeat', async () => {
    const [ledger, feed] = [new Ledger(entries(11)), new Feed()];
    const { step } = processWith(ledger, feed);
    await step.run();
    await until(() => feed.current?.kind === 'whole');
    expect(feed.rows.size).toBe(11);
    expect(feed.current?.position).toEqual(POSITION);
    expect(feed.kinds.slice(0, -1)).toEqual(feed.kinds.slice(0, -1).map(() => 'part'));
  });

  it.each(['answer lost', 'lost'] as const)(
    'retries a part of a fill and does not start over: %s',
    async (fate) => {
      const [ledger, feed] = [new Ledger(entries(11)), new Feed()];
      feed.fate = (count) => (count % 3 === 0 ? fate : 'kept');
      const { step } = processWith(ledger, feed);
      await step.run();
      await until(() => feed.current?.kind === 'whole');
      expect(feed.rows.size).toBe(11);
      // once for its own view, once for the feed
      expect(ledger.reads).toBe(2);
    },
  );

  it("leaves another process's fill alone while its parts keep coming, and takes it over when they stop", async () => {
    const [ledger, feed] = [new Ledger(entries(11)), new Feed()];
    const { clock, step, view } = processWith(ledger, feed);
    for (const id of ['p1', 'p2', 'p3', 'p4']) {
      feed.current = beat(id, 'before', [], { kind: 'part', position: undefined });
      view.unlink();
      await step.run();
      clock.advance('1500ms');
      expect(feed.current.id).toBe(id);
      expect(feed.kinds).toEqual([]);
    }
    expect(view.ageMs()).toBe(1_500);
    clock.advance('1s');
    view.unlink();
    await step.run();
    await until(() => feed.current?.kind === 'whole');
    expect(feed.rows.size).toBe(11);
  });

  it('leads after its own heartbeat, read back or not, until it reads another one, so that one of many takes the steps', async () => {
    const [ledger, feed] = [new Ledger([]), new Feed()];
    const [a, b] = [processWith(ledger, feed), processWith(ledger, feed)];
    const hear = ({ view, clock }: typeof a, ...beats: Heartbeat[]): void => {
      const items = beats.map((beat) => ({ kind: 'beat', beat }) as const);
      if (view.tail)
        view.acceptReply(view.tail, instantOf(clock), {
          items,
          cursor: '1',
          complete: true,
          connection: 1,
          lineage: 'a',
        });
    };
    expect(a.step.leads()).toBe(false);
    await a.step.run();
    await until(() => a.step.leads());
    const first = feed.current as Heartbeat;
    hear(a, first);
    expect(a.step.leads()).toBe(true);
    await b.step.run();
    await until(() => b.step.leads());
    expect([a.step.leads(), b.step.leads()]).toEqual([true, true]);
    hear(a, feed.current as Heartbeat);
    hear(b, feed.current as Heartbeat);
    expect([a.step.leads(), b.step.leads()]).toEqual([false, true]);
  });

  it('starts over when the database is replaced by a copy, and does not use one as proof of the other', async () => {
    const [ledger, feed] = [new Ledger(entries(3)), new Feed()];
    const { step, view } = processWith(ledger, feed);
    await step.run();
    await until(() => feed.current?.kind === 'whole');
    ledger.id = 'copy';
    await expect(step.run()).rejects.toMatchObject({ code: 'unavailable' });
    expect([...feed.ledgers]).toEqual(['ours']);
    expect(view.state()).toMatchObject({ ageMs: Infinity, linked: false });
    feed.current = undefined;
    await step.run();
    expect(view.ledger).toBe('copy');
    expect(view.ageMs()).toBe(0);
    await until(() => feed.current?.kind === 'whole');
    expect(feed.ledgers.has('copy')).toBe(true);
  });

  it('refills a feed whose heartbeat belongs to another ledger', async () => {
    const [ledger, feed] = [new Ledger(entries(3)), new Feed()];
    const theirs = { ...POSITION, ledger: 'theirs' };
    feed.current = beat('x', '', [], { position: theirs });
    const { step, view } = processWith(ledger, feed);
    await step.run();
    await until(() => feed.current?.position?.ledger === 'ours' && feed.current.kind === 'whole');
    expect(feed.rows.size).toBe(3);
    expect(view.foreign).toBe('theirs');
  });

  it('notices when a full read in batches did not fit', async () => {
    const { step, view } = processWith(new Ledger(entries(11)), undefined, 5);
    await step.run();
    expect(view.state()).toMatchObject({ bounded: true, entries: 5 });
    expect(view.fresh(1_000)).toBe(false);
  });

  it('is not fresh by an earlier proof while an overflowed mirror is refilled', () => {
    const view = new RevocationView(new SystemClock(), 2);
    view.follow('ours');
    view.acceptLedger(instantOf(new SystemClock()), undefined, {
      position: POSITION,
      entries: entries(3),
    });
    view.beginFill();
    expect(view.fresh(1_000)).toBe(false);
  });

  // T-ds7x
  it('treats a feed as unbroken only after a proof, because the feed at its start may be an old dump', () => {
    const clock = new ManualClock();
    const view = new RevocationView(clock, 100);
    const head = beat('old', '', [], { position: POSITION });
    const answer: FeedAnswer = { verdict: 'silent', head, connection: 1, lineage: 'a' };
    view.follow('ours');
    view.link({ cursor: '0', beat: head, lineage: 'a' });
    expect(view.unbroken(answer)).toBe(false);
    const { tail } = view;
    if (!tail) throw new Error('not linked');
    const next = (id: string, prev: string) => ({ ...head, id, prev, before: [prev, 'old'] });
    const reply = (...beats: Heartbeat[]): FeedReply => ({
      items: beats.map((beat) => ({ kind: 'beat', beat })),
      cursor: '1',
      complete: true,
      connection: 1,
      lineage: 'a',
    });
    view.acceptReply(tail, instantOf(clock), reply());
    clock.advance('1ms');
    view.acceptReply(tail, instantOf(clock), reply());
    view.acceptReply(tail, instantOf(clock), reply(next('b', 'old')));
    view.acceptReply(tail, instantOf(clock), reply(next('c', 'b')));
    expect(view.ageMs()).toBe(0);
    expect(view.unbroken({ ...answer, head: next('c', 'b') })).toBe(true);
  });

  it('on overflow asks about a token that is not in the set, and refuses one that is', async () => {
    const { step, view } = processWith(new Ledger(entries(11)), undefined, 5);
    await step.run();
    expect(view.mirror.refuses(tokenOf('t1'))).toBe(true);
    expect(view.mirror.refuses(tokenOf('t9'))).toBe(false);
    expect(view.fresh(Infinity)).toBe(false);
  });
});
