import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerEntry } from '../../../storage/ledger-entry.js';
import {
  FEED_VERSION,
  type FeedItem,
  type FeedReply,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../../../storage/revocation-ledger.port.js';
import { at, beat, followingView } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';
import { RevocationView, type Tail } from './revocation-view.js';

let { clock, view, filled } = followingView();
beforeEach(() => {
  ({ clock, view, filled } = followingView());
});
const entry = (id: string, expiresInMs = 3_600_000): LedgerEntry => ({
  kind: 'token',
  id,
  value: 0,
  expiresAt: clock.now() + expiresInMs,
});
const refuses = (tokenId: string) =>
  view.mirror.refuses({
    tokenId,
    sessionId: 's',
    subject: 'u',
    tokenVersion: 1,
    keyId: 'k',
    issuedAt: 1,
  });
const read = (position: LedgerPosition, ...entries: LedgerEntry[]) => ({ position, entries });
function take(tail: Tail | undefined, items: FeedItem[], more: Partial<FeedReply> = {}): void {
  if (!tail) throw new Error('nothing is followed');
  const reply = { cursor: '1', complete: true, connection: 1, lineage: 'a', items };
  view.acceptReply(tail, instantOf(clock), { ...reply, ...more });
}
const beats = (...all: Heartbeat[]) => all.map((each) => ({ kind: 'beat', beat: each }) as const);

it('a view that was just made knows nothing, and nothing is proven', () => {
  expect(new RevocationView(clock, 3).state()).toEqual({
    ageMs: Infinity,
    provenBy: 'nobody',
    entries: 0,
    bounded: false,
    linked: false,
  });
  expect(view.fresh(1e12)).toBe(false);
});

describe('a read of the ledger', () => {
  it('proves the view up to when it was sent', () => {
    const sentAt = instantOf(clock);
    clock.advance('300ms');
    view.acceptLedger(sentAt, undefined, read(at('5:5:'), entry('a')));
    expect(view.state()).toEqual({
      ageMs: 300,
      provenBy: 'postgres',
      entries: 1,
      bounded: false,
      linked: false,
    });
    expect([view.position, view.newestBeat, refuses('a')]).toEqual([at('5:5:'), sentAt, true]);
    expect([view.fresh(300), view.fresh(299)]).toEqual([true, false]);
  });

  it('that was sent before the newest proof proves nothing more', () => {
    const early = instantOf(clock);
    clock.advance('1s');
    filled();
    clock.advance('1s');
    view.acceptLedger(early, at('5:5:'), read(at('4:4:')));
    expect(view.ageMs()).toBe(1_000);
  });

  it('of another ledger is refused, and so is everything that was known of this one', () => {
    filled();
    expect(() =>
      view.acceptLedger(instantOf(clock), undefined, read(at('5:5:', 1, 'theirs'), entry('a'))),
    ).toThrow(
      expect.objectContaining({
        reason: 'unavailable',
        detail: 'the database has another ledger than before',
      }),
    );
    expect([view.ledger, view.ageMs(), refuses('a')]).toEqual([undefined, Infinity, false]);
  });

  it('of a superseded timeline is refused', () => {
    view.sawTimeline(at('', 3));
    view.sawTimeline(at('', 2));
    view.sawTimeline(at('', 9, 'theirs'));
    view.sawTimeline(undefined);
    expect(() => view.acceptLedger(instantOf(clock), undefined, read(at('5:5:', 2)))).toThrow(
      expect.objectContaining({ detail: 'the ledger answers from timeline 2, superseded by 3' }),
    );
    expect(view.ageMs()).toBe(Infinity);
    view.acceptLedger(instantOf(clock), undefined, read(at('5:5:', 3)));
    view.acceptLedger(instantOf(clock), at('5:5:', 3), read(at('6:6:', 4)));
    expect(() => view.acceptLedger(instantOf(clock), undefined, read(at('7:7:', 3)))).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/timeline 3, superseded by 4/) }),
    );
  });

  it('of what is new, after the view started over, adds and proves nothing', () => {
    filled();
    const since = view.position;
    view.startOver();
    view.acceptLedger(instantOf(clock), since, read(at('6:6:'), entry('a')));
    expect([refuses('a'), view.ageMs(), view.position]).toEqual([true, Infinity, undefined]);
  });

  it('links the view to the head that was noted before it', () => {
    const head = beat('h', 'g');
    filled(head);
    expect(view.tail).toEqual({ cursor: '0', head });
    expect(view.linked).toBe(true);
    clock.advance('1s');
    const linkedAt = view.newestBeat;
    view.acceptLedger(instantOf(clock), view.position, read(at('6:6:')));
    expect(view.newestBeat).toBe(linkedAt);
    expect([view.position, view.ageMs()]).toEqual([at('6:6:'), 0]);
  });
});

it('its history is the ledger and the newest timeline', () => {
  expect(new RevocationView(clock, 3).history).toBeUndefined();
  view.sawTimeline(at('', 4));
  expect(view.history).toEqual({ ledger: 'ours', timeline: 4 });
});

it('another ledger is followed from nothing, the same one goes on', () => {
  filled(beat('h', 'g'));
  expect(view.follow('ours')).toBe('ours');
  expect([view.ledger, view.ageMs(), view.linked]).toEqual(['ours', 0, true]);
  expect(view.follow('theirs')).toBe('theirs');
  view.acceptLedger(instantOf(clock), undefined, read(at('1:1:', 0, 'theirs')));
  expect([view.ageMs(), view.linked]).toEqual([0, false]);
});

describe('what is revoked', () => {
  it('is told once to whoever listens, until they stop', () => {
    const told: string[][] = [];
    const stop = view.onRevoked((news) => told.push(news.map(({ id }) => id)));
    view.add([entry('a'), entry('b'), entry('a')]);
    view.add([entry('a')]);
    stop();
    view.add([entry('c')]);
    expect(told).toEqual([['a', 'b']]);
  });

  it('is dropped some time after it expired, and asked for again once the clock is set back', () => {
    filled();
    view.add([entry('a', 1_000)]);
    view.tick();
    expect(view.state().entries).toBe(1);
    clock.advance('3s');
    for (const _ of [1, 2]) view.tick();
    expect([view.state().entries, view.ageMs()]).toEqual([0, 3_000]);
    const { now } = clock;
    clock.now = () => now.call(clock) - 121_000;
    view.tick();
    expect(view.ageMs()).toBe(Infinity);
  });

  it('beyond the room of the view makes it ask, until a fill begins', () => {
    filled();
    view.beginFill();
    expect(view.ageMs()).toBe(0);
    view.add(['a', 'b', 'c', 'd'].map((id) => entry(id)));
    expect([view.state().bounded, view.fresh(Infinity)]).toEqual([true, false]);
    view.beginFill();
    expect([view.state().bounded, view.ageMs()]).toEqual([false, Infinity]);
  });
});

describe('a reply of the feed', () => {
  it('adds its rows, also to a view that follows another tail by now', () => {
    filled(beat('h', 'g'));
    const former = view.tail;
    filled(beat('h', 'g'));
    take(former, [{ kind: 'row', entry: entry('a') }, ...beats(beat('x', 'y'))]);
    expect([refuses('a'), view.linked, view.tail?.cursor, former?.cursor]).toEqual([
      true,
      true,
      '0',
      '0',
    ]);
    take(view.tail, [{ kind: 'row', entry: entry('b') }, ...beats(beat('i', 'h'))]);
    expect([refuses('b'), view.linked, view.tail?.cursor, view.foreign]).toEqual([
      true,
      true,
      '1',
      undefined,
    ]);
  });

  it('moves the view to its last complete heartbeat; parts are links alone', () => {
    filled(beat('h', 'g'));
    take(view.tail, beats(beat('p', 'h', ['g'], { kind: 'part', position: at('part', 5) })));
    expect([view.position, view.linked, view.tail?.head?.id]).toEqual([at('5:5:'), true, 'p']);
    clock.advance('1s');
    take(view.tail, beats(beat('w', 'p', ['h', 'g'])));
    expect([view.position, view.linked]).toEqual([at('of w'), true]);
    expect(view.newestBeat).toEqual(instantOf(clock));
  });

  it.each<[string, Heartbeat]>([
    ['that names another head before it', beat('w', 'x', ['h'])],
    ['of another version', beat('w', 'h', ['g'], { version: FEED_VERSION + 1 })],
    ['of another ledger', beat('w', 'h', ['g'], { position: at('x', 1, 'theirs') })],
    ['of an older timeline', beat('w', 'h', ['g'], { position: at('x', 0) })],
  ])('with a heartbeat %s breaks the chain', (_, next) => {
    filled(beat('h', 'g'));
    take(view.tail, beats(next));
    expect([view.linked, view.position]).toEqual([false, at('5:5:')]);
    take(view.tail, beats(beat('y', 'w', ['h'])));
    expect([view.linked, view.position]).toEqual([false, at('5:5:')]);
  });

  it('with a heartbeat of a newer timeline supersedes the older one', () => {
    filled();
    take(view.tail, beats(beat('first', '', [], { position: at('x', 2) })));
    expect(view.linked).toBe(true);
    expect(() => view.acceptLedger(instantOf(clock), undefined, read(at('6:6:', 1)))).toThrow();
  });

  it('without a position follows the chain and proves no timeline', () => {
    filled(beat('h', 'g'));
    take(view.tail, beats(beat('w', 'h', ['g'], { position: undefined })));
    expect(view.linked).toBe(true);
  });
});
