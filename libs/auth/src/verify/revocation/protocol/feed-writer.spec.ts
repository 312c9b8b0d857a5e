import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../../common/entropy.js';
import type { LedgerEntry } from '../../../storage/ledger-entry.js';
import {
  type AppendOutcome,
  FEED_VERSION,
  type Heartbeat,
  type RevocationFeedBus,
} from '../../../storage/revocation-feed.port.js';
import { FeedWriter } from './feed-writer.js';
import { beat } from './heartbeats.fixture.js';

const position = { ledger: 'ours', timeline: 1, snapshot: '5:5:' };
const newPosition = { ledger: 'ours', timeline: 1, snapshot: '9:9:' };
const base = beat('base', 'b1', ['b2', ''], { position });
const entries = (count: number): LedgerEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    kind: 'token',
    id: String(n),
    value: 0,
    expiresAt: 1,
  }));

interface Append {
  readonly ledger: string;
  readonly rows: string;
  readonly beat: Heartbeat;
}
let appended: Append[];
let pauses: number[];
/** The answers to successive appends; afterwards each is kept. `away`: there is no answer. */
let answers: (AppendOutcome | 'away' | 'kept, but the answer is lost')[];

function writerAfter(head: Heartbeat | undefined): FeedWriter {
  let own: Heartbeat | undefined;
  const feed = {
    maxRows: 2,
    append: (ledger: string, rows: readonly LedgerEntry[], made: Heartbeat) => {
      appended.push({ ledger, rows: rows.map(({ id }) => id).join(), beat: made });
      const answer = answers.shift() ?? { kind: 'appended' };
      if (answer === 'kept, but the answer is lost') own = made;
      if (typeof answer === 'string') return Promise.reject(new Error('away'));
      return Promise.resolve(own ? { kind: 'moved', head: own } : answer);
    },
  } as unknown as RevocationFeedBus;
  const pause = (ms: number) => Promise.resolve(void pauses.push(ms));
  return new FeedWriter(feed, 'ours', head, new SystemEntropy(), pause);
}

beforeEach(() => {
  [appended, pauses, answers] = [[], [], []];
});
const rowsOf = () => appended.map(({ rows, beat: { kind } }) => `${kind} ${rows}`);

describe('what the feed lacks', () => {
  it.each([
    [0, ['whole ']],
    [1, ['whole 0']],
    [2, ['whole 0,1']],
    [3, ['part 0,1', 'whole 2']],
    [4, ['part 0,1', 'whole 2,3']],
    [5, ['part 0,1', 'part 2,3', 'whole 4']],
  ])('of %i rows goes in parts, and ends with a complete heartbeat', async (count, rows) => {
    expect(await writerAfter(base).whole(entries(count), newPosition)).toBe('appended');
    expect(rowsOf()).toEqual(rows);
  });

  it('is a chain from the base: only its end proves what is new', async () => {
    const writer = writerAfter(base);
    expect(writer.head).toBe('base');
    await writer.parts(entries(2));
    await writer.whole(entries(3), newPosition);
    const beats = appended.map(({ beat: made }) => made);
    expect(new Set(beats.map(({ id }) => id)).size).toBe(3);
    expect(beats.map(({ prev }) => prev)).toEqual(['base', beats[0]?.id, beats[1]?.id]);
    expect(beats.map((each) => each.position)).toEqual([position, position, newPosition]);
    expect(beats.map(({ version }) => version)).toEqual([FEED_VERSION, FEED_VERSION, FEED_VERSION]);
    expect(appended.map(({ ledger }) => ledger)).toEqual(['ours', 'ours', 'ours']);
    expect(writer.head).toBe(beats[2]?.id);
  });

  // T-v6hf
  it('carries the time of the database in whole milliseconds, its parts that of the base', async () => {
    await writerAfter({ ...base, nowMs: 5 }).whole(entries(3), newPosition, 9.7);
    await writerAfter(base).whole(entries(3), newPosition);
    expect(appended.map(({ beat: { nowMs } }) => nowMs)).toEqual([5, 9, undefined, undefined]);
  });

  it.each<[string, Heartbeat | undefined, readonly string[]]>([
    ['nothing, after no head', undefined, []],
    ['the heads before its base, without gaps', base, ['b1', 'b2']],
    [
      'eight of them',
      beat('base', '1', ['2', '3', '4', '5', '6', '7', '8', '9']),
      ['1', '2', '3', '4', '5', '6', '7', '8'],
    ],
  ])('names %s', async (_, head, before) => {
    await writerAfter(head).whole([], newPosition);
    expect(appended[0]?.beat).toMatchObject({ prev: head?.id ?? '', before });
  });
});

describe('an append without an answer', () => {
  it('is tried five times in a fill, with the same heartbeat and longer pauses', async () => {
    answers = ['away', 'away', 'away', 'away'];
    expect(await writerAfter(base).parts(entries(1))).toBe('appended');
    expect(pauses).toEqual([100, 200, 300, 400]);
    expect(new Set(appended.map(({ beat: { id } }) => id)).size).toBe(1);
  });

  it('fails a fill after the fifth, which stops at that part', async () => {
    answers = ['away', 'away', 'away', 'away', 'away'];
    expect(await writerAfter(base).whole(entries(5), newPosition)).toBe('failed');
    expect(appended).toHaveLength(5);
  });

  it.each([
    ['a head', base],
    ['no head', undefined],
  ])('is tried once for a heartbeat after %s that ends no fill', async (_, head) => {
    answers = ['away'];
    expect(await writerAfter(head).whole(entries(2), newPosition)).toBe('failed');
    expect([appended.length, pauses]).toEqual([1, []]);
  });

  it.each([
    ['after the parts of this call', (writer: FeedWriter) => writer.whole(entries(3), newPosition)],
    [
      'after earlier parts',
      async (writer: FeedWriter) => (await writer.parts(entries(2)), writer.whole([], newPosition)),
    ],
  ])('is tried again for the heartbeat that ends a fill, %s', async (_, fill) => {
    answers = [{ kind: 'appended' }, 'away'];
    expect(await fill(writerAfter(undefined))).toBe('appended');
    expect(rowsOf()).toHaveLength(3);
  });

  it('may have succeeded: the next try finds its own heartbeat', async () => {
    answers = ['kept, but the answer is lost'];
    const writer = writerAfter(base);
    expect(await writer.parts(entries(1))).toBe('appended');
    expect(writer.head).toBe(appended[0]?.beat.id);
  });
});

describe('a head that has moved', () => {
  it.each<[string, Heartbeat | undefined, 'overtaken' | 'lost']>([
    ['follows ours', beat('x', 'base'), 'overtaken'],
    ['follows one that follows ours', beat('x', 'y', ['base', 'b1']), 'overtaken'],
    ['has no link to ours', beat('x', 'y', ['z']), 'lost'],
    ['is gone', undefined, 'lost'],
  ])('%s: %s', async (_, head, outcome) => {
    answers = [{ kind: 'moved', head }];
    const writer = writerAfter(base);
    expect(await writer.whole(entries(3), newPosition)).toBe(outcome);
    expect([appended.length, writer.head]).toEqual([1, 'base']);
  });
});
