import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '@tokenward/nestjs/storage';
import { type FeedEvent, type ReaderEvent, refusalsOf, RULES, type Trace } from './trace.js';

const row = (session: string): FeedEvent => ({ kind: 'row', session });
const beat = (
  id: string,
  prev: string,
  atMs: number,
  snapshot: string,
  kind: Heartbeat['kind'] = 'whole',
): FeedEvent => ({
  kind: 'beat',
  atMs,
  beat: {
    version: 2,
    id,
    prev,
    before: [],
    kind,
    position: { ledger: 'l', timeline: 1, snapshot },
  },
});
const read = (sentMs: number, items: readonly FeedEvent[] = [], complete = true): ReaderEvent => ({
  kind: 'read',
  sentMs,
  items,
  complete,
});
const [one, two, three] = [
  beat('1', '', 100, '10:10:'),
  beat('2', '1', 200, '10:10:'),
  beat('3', '2', 300, '12:12:'),
] as const;
const FEED = [one, two, row('s'), three];
const FILLED: ReaderEvent = { kind: 'filled', sessions: [], head: '1' };
const READER: readonly ReaderEvent[] = [
  FILLED,
  read(110),
  read(150),
  read(190, [two]),
  read(250, [row('s'), three]),
  { kind: 'proven', upToMs: 150 } as const,
  read(310),
];
const trace = (changes: Partial<Trace> = {}): Trace => ({
  feed: FEED,
  reader: READER,
  acknowledged: new Map([['s', 140]]),
  transactions: new Map([['s', 11n]]),
  ...changes,
});
const withReader = (...reader: ReaderEvent[]) => trace({ reader });

describe('traces of the revocation protocol', () => {
  it('have the rules of the model, with its names', () => {
    const model = readFileSync(
      new URL('../../tools/model/revocation.pml', import.meta.url),
      'utf8',
    );
    const found = [...model.matchAll(/\/\* rule: (.+?) \*\//g)].map(([, rule]) => rule);
    expect(new Set(found)).toEqual(new Set(Object.values(RULES)));
  });

  it.each<[string, Trace]>([
    ['a ledger row that goes with the next heartbeat', trace()],
    [
      'a feed that was emptied and begins anew with everything',
      trace({ feed: [...FEED, row('s'), beat('4', '', 400, '12:12:')] }),
    ],
    [
      'a fill in parts',
      trace({ feed: [one, row('s'), beat('2', '1', 200, '10:10:', 'part'), three] }),
    ],
    ['a reader that proves nothing', trace({ reader: [] })],
  ])('are accepted: %s', (_, accepted) => {
    expect(refusalsOf(accepted)).toEqual([]);
  });

  it.each<[string, Trace, string]>([
    [
      'a snapshot that is older than the heartbeat before',
      trace({ feed: [one, two, beat('3', '2', 300, '10:10:')] }),
      RULES.snapshot,
    ],
    [
      'a transaction under way at the snapshot that was acknowledged before',
      trace({ feed: [one, two, beat('3', '2', 300, '11:12:11')] }),
      RULES.snapshot,
    ],
    [
      'a heartbeat on top of another head',
      trace({ feed: [one, two, row('s'), beat('3', '1', 300, '12:12:')] }),
      RULES.head,
    ],
    ['a row that the feed lacks', trace({ feed: [one, two, three] }), RULES.refill],
    [
      'a row that was lost and not given again',
      trace({ feed: [...FEED, beat('4', '', 400, '12:12:')] }),
      RULES.refill,
    ],
    [
      'a date by the read that showed it',
      withReader(...READER.slice(0, 5), { kind: 'proven', upToMs: 190 }),
      RULES.date,
    ],
    [
      'a proof over a missed link',
      withReader(FILLED, read(110), read(190), read(250, [row('s'), three]), {
        kind: 'proven',
        upToMs: 190,
      }),
      RULES.link,
    ],
    [
      'a date by a reply that was cut short',
      withReader(
        FILLED,
        read(110),
        read(150, [], false),
        read(190, [two]),
        read(250, [row('s'), three]),
        {
          kind: 'proven',
          upToMs: 150,
        },
      ),
      RULES.cut,
    ],
    [
      'a view that lacks what it has proof of',
      withReader(...READER.slice(0, 4), read(250, [three]), { kind: 'proven', upToMs: 150 }),
      'what is proven is in the view',
    ],
  ])('are refused: %s', (_, refused, rule) => {
    expect(refusalsOf(refused).join('\n')).toContain(rule);
  });
});
