import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../testing/manual-clock.js';
import { LEDGER_LIFETIME_MS } from '../../../storage/ledger-entry.js';
import { at, beat } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';
import { RevocationView, type Tail } from './revocation-view.js';
import {
  type FeedItem,
  type FeedReply,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';

const MAX_STALENESS_MS = 1_000;
const NOBODY = {
  tokenId: 't',
  sessionId: 'none',
  subject: 'u',
  tokenVersion: 1,
  keyId: 'k',
  issuedAt: 1,
};
const reply = (...beats: Heartbeat[]): FeedReply => {
  const items = beats.map((each): FeedItem => ({ kind: 'beat', beat: each }));
  return { items, cursor: '1', complete: true, connection: 1, lineage: 'a' };
};

/** A view that follows the feed from head `a`, read again and again; `take` hands it a reply to a read sent now. */
describe('what a process knows from the feed alone', () => {
  let clock: ManualClock;
  let view: RevocationView;
  let tail: Tail;
  const take = (...beats: Heartbeat[]): void => {
    view.acceptReply(tail, instantOf(clock), reply(...beats));
  };
  beforeEach(() => {
    clock = new ManualClock();
    view = new RevocationView(clock, 100);
    view.follow('ours');
    view.link({ cursor: '0', beat: beat('a', '', []), lineage: 'a' });
    tail = view.tail as Tail;
    take();
    clock.advance('1ms');
    take();
    take(beat('b', 'a', ['']));
    clock.advance('100ms');
    take(beat('c', 'b', ['a']));
  });

  it('is proven by a chain that the process has followed', () => {
    expect(view.state()).toMatchObject({ linked: true, provenBy: 'redis', ageMs: 100 });
  });

  // T-qwr2
  it('is not proven by a heartbeat that links to an unseen one, or by any after it', () => {
    clock.advance('2s');
    take(beat('e', 'd', ['c', 'b', 'a']));
    take(beat('f', 'e', ['d', 'c', 'b', 'a']));
    take(beat('g', 'f', ['e', 'd', 'c', 'b']));
    expect(view.linked).toBe(false);
    expect(view.fresh(MAX_STALENESS_MS)).toBe(false);
    expect(
      view.unbroken({
        verdict: 'silent',
        head: beat('g', 'f', ['e']),
        connection: 1,
        lineage: 'a',
      }),
    ).toBe(false);
  });

  it('is not proven by the first heartbeat of a new chain, after a flush', () => {
    clock.advance('2s');
    take(beat('x', '', []));
    expect(view.linked).toBe(false);
  });

  it('is not proven by a heartbeat of a superseded timeline', () => {
    view.sawTimeline({ ledger: 'ours', timeline: 2, snapshot: '9:9:' });
    clock.advance('2s');
    take(beat('d', 'c', ['b', 'a'], { position: at('9:9:') }));
    expect(view.linked).toBe(false);
    expect(view.fresh(MAX_STALENESS_MS)).toBe(false);
  });

  // T-kbjx
  it('is not proven by a heartbeat of another ledger, which is reported', () => {
    clock.advance('2s');
    const other = beat('d', 'c', ['b', 'a']);
    take({ ...other, position: { ledger: 'theirs', timeline: 1, snapshot: '9:9:' } });
    expect(view.linked).toBe(false);
    expect(view.fresh(MAX_STALENESS_MS)).toBe(false);
    expect(view.foreign).toBe('theirs');
  });

  it('of another ledger is not proven by a proof of this one', () => {
    view.follow('theirs');
    expect(view.state()).toMatchObject({ linked: false, ageMs: Infinity });
    expect(view.tail).toBeUndefined();
    expect(view.position).toBeUndefined();
  });

  const answer = { verdict: 'silent', head: beat('c', 'b', ['a']), connection: 7 } as const;

  // T-g4kg
  it.each([
    ['the server that proved it', 'a', true],
    ['a replica that took over with the same head', 'b', false],
    ['a server that does not say which it is', undefined, false],
  ])('is unbroken on %s', (_, lineage, unbroken) => {
    clock.advance('2s');
    expect(view.unbroken({ ...answer, lineage })).toBe(unbroken);
  });

  const elsewhere = (...beats: Heartbeat[]): void => {
    clock.advance('10ms');
    view.acceptReply(tail, instantOf(clock), { ...reply(...beats), connection: 2, lineage: 'b' });
  };
  const unbrokenElsewhere = (head: Heartbeat): boolean =>
    view.unbroken({ ...answer, head, lineage: 'b' });

  it('is not unbroken on a promoted server by a heartbeat that proves no more than the first read there', () => {
    elsewhere();
    elsewhere(beat('d', 'c', ['b', 'a']));
    const next = beat('e', 'd', ['c', 'b', 'a']);
    elsewhere(next);
    expect(unbrokenElsewhere(next)).toBe(false);
  });

  it('is unbroken on a promoted server once a heartbeat has proven the feed it had at promotion', () => {
    elsewhere();
    elsewhere();
    // in flight when the former primary was lost: its snapshot may be older than acknowledged writes
    const late = beat('d', 'c', ['b', 'a']);
    elsewhere(late);
    expect(unbrokenElsewhere(late)).toBe(false);
    const next = beat('e', 'd', ['c', 'b', 'a']);
    elsewhere(next);
    expect(unbrokenElsewhere(next)).toBe(true);
  });

  it('is not unbroken once a server did not say which it is (it refused to write), until a later heartbeat proves it', () => {
    const read = (lineage: string | undefined, ...beats: Heartbeat[]): void => {
      clock.advance('10ms');
      view.acceptReply(tail, instantOf(clock), { ...reply(...beats), lineage });
    };
    const unbroken = (head: Heartbeat): boolean => view.unbroken({ ...answer, head, lineage: 'a' });
    const before = beat('c', 'b', ['a']);
    read('a');
    expect(unbroken(before)).toBe(true);
    read(undefined);
    expect(unbroken(before)).toBe(false);
    // the same server writes again, and nobody has brought yet what it refused
    read('a');
    read('a');
    expect(unbroken(before)).toBe(false);
    const first = beat('d', 'c', ['b', 'a']);
    read('a', first);
    expect(unbroken(first)).toBe(false);
    const next = beat('e', 'd', ['c', 'b', 'a']);
    read('a', next);
    expect(unbroken(next)).toBe(true);
  });

  it('is dated by when the read was sent, so a slow reply is old', () => {
    const sentAt = instantOf(clock);
    clock.advance('10s');
    view.acceptReply(tail, sentAt, reply(beat('d', 'c', ['b', 'a'])));
    expect(view.ageMs()).toBeGreaterThanOrEqual(10_000);
    take();
    take(beat('e', 'd', ['c', 'b']));
    expect(view.ageMs()).toBeGreaterThanOrEqual(10_000);
  });

  it('is not dated by a truncated reply, which has no head', () => {
    clock.advance('5s');
    view.acceptReply(tail, instantOf(clock), {
      ...reply(beat('d', 'c', ['b', 'a'])),
      complete: false,
    });
    take(beat('e', 'd', ['c', 'b', 'a']));
    take(beat('f', 'e', ['d', 'c', 'b']));
    expect(view.ageMs()).toBeGreaterThanOrEqual(5_000);
  });

  it('shows that the ledger answers some process, so late answers to this one an hour apart are not an outage', () => {
    view.availability.failed();
    clock.advance('1h');
    take();
    clock.advance('1s');
    take(beat('d', 'c', ['b', 'a']));
    view.availability.failed();
    expect(view.availability.awayMs()).toBe(0);
    clock.advance('400ms');
    view.availability.failed();
    expect(view.availability.awayMs()).toBe(400);
  });

  // T-zn58
  it('ages by whichever clock runs faster', () => {
    clock.advance('1s');
    expect(view.fresh(MAX_STALENESS_MS)).toBe(false);
    expect(view.state().linked).toBe(true);
  });
});

describe('a process whose wall clock is an hour ahead of the database', () => {
  // T-y4gw
  it('keeps a revocation for as long as one of its own tokens lives', () => {
    const clock = new ManualClock();
    const view = new RevocationView(clock, 100);
    view.follow('ours');
    const nowMs = clock.now() - 3_600_000;
    const expiresAt = nowMs + LEDGER_LIFETIME_MS;
    const entries = [{ kind: 'session', id: 's', value: 0, expiresAt } as const];
    const position = { ledger: 'ours', timeline: 1, snapshot: '9:9:' };
    view.acceptLedger(instantOf(clock), undefined, { position, entries, nowMs });
    const token = { ...NOBODY, sessionId: 's' };
    for (const minutes of ['11m', '58m'] as const) {
      clock.advance(minutes);
      for (let n = 0; n < 3; n++) view.tick();
      expect([minutes, view.mirror.refuses(token)]).toEqual([minutes, true]);
    }
    clock.advance('2m');
    for (let n = 0; n < 3; n++) view.tick();
    expect(view.mirror.size).toBe(0);
  });

  // T-v6hb
  it('learns the time from the heartbeats where it has no database', () => {
    const clock = new ManualClock();
    const view = new RevocationView(clock, 100);
    const toldAt = (): Pick<Heartbeat, 'nowMs'> => ({ nowMs: clock.now() - 3_600_000 });
    view.follow('ours');
    view.link({ cursor: '0', beat: beat('a', '', []), lineage: 'a' });
    const tail = view.tail as Tail;
    const expiresAt = clock.now() - 3_600_000 + LEDGER_LIFETIME_MS;
    view.acceptReply(tail, instantOf(clock), reply({ ...beat('b', 'a', ['']), ...toldAt() }));
    view.add([{ kind: 'session', id: 's', value: 0, expiresAt }]);
    clock.advance('69m');
    view.acceptReply(tail, instantOf(clock), reply({ ...beat('c', 'b', ['a']), ...toldAt() }));
    for (let n = 0; n < 3; n++) view.tick();
    expect(view.mirror.refuses({ ...NOBODY, sessionId: 's' })).toBe(true);
    clock.advance('2m');
    for (let n = 0; n < 3; n++) view.tick();
    expect(view.mirror.size).toBe(0);
  });
});
