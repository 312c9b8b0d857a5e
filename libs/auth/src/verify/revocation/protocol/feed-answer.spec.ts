import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  FEED_VERSION,
  type FeedAnswer,
  type Heartbeat,
} from '../../../storage/revocation-feed.port.js';
import { at, beat, followingView } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';

let { clock, view, filled } = followingView();
beforeEach(() => {
  ({ clock, view, filled } = followingView());
});

describe('an answer to a single question', () => {
  const head = beat('h', 'g', ['f']);
  const answer = (given: Heartbeat | undefined, more: Partial<FeedAnswer> = {}): FeedAnswer => ({
    verdict: 'silent',
    head: given,
    connection: 1,
    lineage: 'a',
    ...more,
  });

  it('is as old as the question that still found the head before its base', () => {
    expect(view.answerAgeMs(instantOf(clock), answer(beat('f', 'e')))).toBe(Infinity);
    clock.advance('1s');
    expect(view.answerAgeMs(instantOf(clock), answer(beat('g', 'f', ['e'])))).toBe(Infinity);
    clock.advance('1s');
    expect(view.answerAgeMs(instantOf(clock), answer(head))).toBe(2_000);
    clock.advance('1s');
    expect(view.answerAgeMs(instantOf(clock), answer(head))).toBe(3_000);
  });

  it.each<[string, Heartbeat | undefined]>([
    ['without a head', undefined],
    ['of another ledger', beat('h', 'g', ['f'], { position: at('x', 1, 'theirs') })],
    ['of another version', beat('h', 'g', ['f'], { version: FEED_VERSION + 1 })],
  ])('%s proves nothing', (_, given) => {
    view.answerAgeMs(instantOf(clock), answer(beat('f', 'e')));
    expect(view.answerAgeMs(instantOf(clock), answer(given))).toBe(Infinity);
  });

  it.each<[string, FeedAnswer, boolean]>([
    ['the head that is followed', answer(head), true],
    ['the next one', answer(beat('i', 'h')), true],
    ['one that lists it', answer(beat('k', 'j', ['i', 'h'])), true],
    ['one without a link to it', answer(beat('x', 'y', ['z'])), false],
    ['no head', answer(undefined), false],
    ['the same head on another server', answer(head, { lineage: 'b' }), false],
    ['the same head on a server that is not named', answer(head, { lineage: undefined }), false],
  ])('is unbroken by %s', (_, given, unbroken) => {
    expect(view.unbroken(given)).toBe(false);
    filled(head);
    expect(view.unbroken(given)).toBe(unbroken);
    view.unlink();
    expect(view.unbroken(given)).toBe(false);
  });

  it('stays unbroken when the feed is first read on the server where its head was noted', () => {
    filled(head);
    const reply = { items: [], cursor: '1', complete: true, connection: 1, lineage: 'a' };
    if (view.tail) view.acceptReply(view.tail, instantOf(clock), reply);
    expect(view.unbroken(answer(head))).toBe(true);
  });

  it('is not unbroken where no server ever said which it is', () => {
    filled(head, { lineage: undefined });
    expect(view.unbroken(answer(head, { lineage: undefined }))).toBe(false);
  });

  it('is not unbroken where the feed had no head when it was noted', () => {
    filled(undefined);
    expect(view.unbroken(answer(head))).toBe(false);
  });

  describe('after Redis was away', () => {
    const reply = (...beats: Heartbeat[]) => ({
      items: beats.map((each) => ({ kind: 'beat' as const, beat: each })),
      cursor: '1',
      complete: true,
      connection: 1,
      lineage: 'a',
    });
    const reads = (...beats: Heartbeat[]) => {
      if (view.tail) view.acceptReply(view.tail, instantOf(clock), reply(...beats));
      clock.advance('100ms');
    };
    const fails = (times: number) => {
      for (let n = 0; n < times; n += 1) view.interruptions.failed();
    };
    beforeEach(() => {
      filled(head);
      reads();
    });

    it('is unbroken after a read or two that failed: this process was stalled itself', () => {
      fails(2);
      expect(view.unbroken(answer(head))).toBe(true);
      reads();
      fails(2);
      reads();
      expect(view.unbroken(answer(head))).toBe(true);
    });

    // T-g6rv
    it('is not unbroken before those who revoke can have found Redis again', () => {
      fails(3);
      expect(view.unbroken(answer(head))).toBe(false);
      reads();
      expect(view.unbroken(answer(head))).toBe(false);
      clock.advance('9900ms');
      expect(view.unbroken(answer(head))).toBe(false);
      clock.advance('1ms');
      expect(view.unbroken(answer(head))).toBe(true);
    });

    it('is unbroken again by a heartbeat that began after Redis was back, not by one before', () => {
      const [i, j] = [beat('i', 'h', ['g']), beat('j', 'i', ['h', 'g'])];
      const [k, l] = [beat('k', 'j', ['i', 'h']), beat('l', 'k', ['j', 'i'])];
      reads(i);
      fails(3);
      reads();
      const unbrokenBy = (next: Heartbeat) => {
        reads(next);
        return view.unbroken(answer(next));
      };
      // what the first two prove was read before, and at the very moment
      expect([j, k, l].map(unbrokenBy)).toEqual([false, false, true]);
    });
  });
});
