import type { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Keyring } from '../../keys/keyring.service.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import { at, beat } from './heartbeats.fixture.js';
import { instantOf } from './instant.js';
import { LedgerNeighbours } from './ledger-neighbours.js';
import { RevocationView } from './revocation-view.js';
import type { RevocationFeedBus } from '../../../storage/revocation-feed.port.js';

let found: string[];
let asked: (readonly string[])[];
let lines: string[];
let clock: ManualClock;
let view: RevocationView;
let neighbours: LedgerNeighbours;

beforeEach(() => {
  [found, asked, lines] = [[], [], []];
  clock = new ManualClock();
  view = new RevocationView(clock, 100);
  const answer = (signers: readonly string[]) => {
    asked.push(signers);
    return Promise.resolve(found);
  };
  const feed = { announce: (_: string, signers: string[]) => answer(signers), ledgersOf: answer };
  const keyring = { thumbprints: (which: string) => [which] };
  const logger = { warn: (line: string) => lines.push(line) };
  neighbours = new LedgerNeighbours(
    view,
    feed as unknown as RevocationFeedBus,
    clock,
    logger as unknown as Logger,
    keyring as unknown as Keyring,
  );
});

describe('a service without a ledger', () => {
  it('follows the ledger that is announced for its verification keys, and asks again from time to time', async () => {
    await neighbours.find();
    expect(view.ledger).toBeUndefined();
    found = ['ours'];
    await neighbours.find();
    expect(view.ledger).toBe('ours');
    await neighbours.find();
    expect(asked).toEqual([['verifying'], ['verifying']]);
    clock.advance('3s');
    await neighbours.find();
    expect(asked).toHaveLength(3);
  });

  it('keeps its ledger while none is announced, because Redis was emptied or every issuer is away', async () => {
    found = ['ours'];
    await neighbours.find();
    found = [];
    clock.advance('1h');
    await neighbours.find();
    expect(view.ledger).toBe('ours');
  });

  // T-f8ws
  it('follows neither of two announced ledgers, names them and the cure once, and continues when one is left', async () => {
    found = ['ours'];
    await neighbours.find();
    view.link({ cursor: '0', beat: undefined, lineage: 'a' });
    found = ['ours', 'copy'];
    for (let times = 0; times < 3; times++) {
      clock.advance('3s');
      await neighbours.find();
    }
    expect(view.ledger).toBeUndefined();
    expect(view.state()).toMatchObject({ linked: false, ageMs: Infinity });
    expect(lines).toEqual([expect.stringMatching(/copy, ours.*503.*keyPrefix/)]);
    found = ['copy'];
    await neighbours.find();
    expect(view.ledger).toBe('copy');
  });
});

describe('a process with a ledger', () => {
  it('announces it with the key that signs, and names another application once, with the cure', async () => {
    view.follow('ours');
    found = ['theirs', 'a third'];
    for (let times = 0; times < 3; times++) {
      clock.advance('3s');
      await neighbours.announce();
      await neighbours.announce();
    }
    expect(asked).toEqual([['signing'], ['signing'], ['signing']]);
    expect(lines).toEqual([expect.stringMatching(/theirs, a third, own ours.*keyPrefix/)]);
    expect(view.ledger).toBe('ours');
  });

  it('announces nothing before it has its ledger, and says nothing where it is alone', async () => {
    await neighbours.announce();
    expect(asked).toEqual([]);
    view.follow('ours');
    await neighbours.announce();
    expect([asked, lines]).toEqual([[['signing']], []]);
  });

  it('without keys announces none, and says nothing while Redis is away', async () => {
    view.follow('ours');
    const feed = {
      announce: (_: string, signers: string[]) => {
        asked.push(signers);
        return Promise.reject(new Error('away'));
      },
      ledgersOf: (signers: string[]) => Promise.resolve(signers),
    };
    const logger = { warn: (line: string) => lines.push(line) };
    neighbours = new LedgerNeighbours(
      ...([
        view,
        feed as unknown as RevocationFeedBus,
        clock,
        logger as unknown as Logger,
      ] as const),
      undefined,
    );
    await neighbours.announce();
    clock.advance('3s');
    await neighbours.find();
    expect([asked, lines, view.ledger]).toEqual([[[]], [], 'ours']);
  });

  it('fills no log: whoever can write to Redis causes 20 lines at the most', async () => {
    view.follow('ours');
    for (let other = 0; other < 25; other++) {
      found = [`ledger ${other}`];
      clock.advance('3s');
      await neighbours.announce();
    }
    expect(lines).toHaveLength(20);
  });

  it('names a heartbeat of another ledger that it refused', () => {
    view.follow('ours');
    view.link({ cursor: '0', beat: undefined, lineage: 'a' });
    const theirs = beat('x', '', [], { position: at('9:9:', 1, 'theirs') });
    neighbours.tellForeign();
    if (view.tail)
      view.acceptReply(view.tail, instantOf(clock), {
        items: [{ kind: 'beat', beat: theirs }],
        cursor: '1',
        complete: true,
        connection: 1,
        lineage: 'a',
      });
    for (let times = 0; times < 3; times++) neighbours.tellForeign();
    expect(lines).toEqual([expect.stringMatching(/theirs.*refused.*keyPrefix/)]);
    expect(view.ageMs()).toBe(Infinity);
  });
});
