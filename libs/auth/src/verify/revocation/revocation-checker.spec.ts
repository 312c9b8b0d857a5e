import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { instantOf } from './protocol/instant.js';
import { RevocationView } from './protocol/revocation-view.js';
import { RevocationChecker } from './revocation-checker.service.js';
import type { LookupOptions, RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import type { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import type { RevocationSync } from './revocation-sync.service.js';
import { head, position, token } from './revocation-checker.fixture.js';

/** The server that answers. */
let server: string | undefined;
const feed = {
  lookup: (_ledger: string, _token: unknown, { lineage }: LookupOptions) =>
    Promise.resolve({
      verdict: 'silent',
      head,
      connection: 1,
      lineage: lineage === 'include' ? server : undefined,
    }),
} as unknown as RevocationFeedBus;
const UNAVAILABLE = expect.objectContaining({ code: 'unavailable' }) as unknown;

let clock: ManualClock;
let view: RevocationView;
let answers: ('revoked' | 'nothing')[];
let asked: number;
/** The results of the view's successive checks; afterwards it refuses nothing. */
let refusals: boolean[];
/** The answers to successive questions; afterwards there is no answer. */
const ledger = {
  isRevoked: () => {
    asked++;
    return answers.shift() === 'revoked'
      ? Promise.resolve(true)
      : Promise.reject(AuthError.unavailable('late'));
  },
} as unknown as RevocationLedgerStore;

function checker(store: RevocationLedgerStore | undefined, unproven: 'redis' | 'refuse' = 'redis') {
  const options = {
    revocation: { mode: 'mirror', maxStalenessMs: 1_000, deadlineMs: 250, unproven },
  };
  view.mirror.refuses = () => refusals.shift() ?? false;
  const sync = { view } as RevocationSync;
  return new RevocationChecker(options as unknown as ResolvedAuthOptions, clock, sync, store, feed);
}

/** The answer to a request whose view is no longer proven, while Redis does not answer and cannot prove it either. */
describe('a check that no store can prove', () => {
  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    clock = new ManualClock();
    view = new RevocationView(clock, 100);
    server = 'a';
    view.follow('ours');
    const noted = { cursor: '0', beat: head, lineage: 'a' };
    view.acceptLedger(instantOf(clock), undefined, { position, entries: [] }, noted);
    clock.advance('5s');
    answers = [];
    refusals = [];
    asked = 0;
  });

  // T-dcxb
  it('asks once more when one answer of PostgreSQL is late, because this process may have been blocked', async () => {
    answers = ['nothing', 'revoked'];
    const asking = checker(ledger);
    expect(await asking.check(token)).toBe('revoked');
    expect(asking.counters).toMatchObject({ postgres: 1, unproven: 0 });
  });

  it('accepts while PostgreSQL is unreachable, and after one question once that is known', async () => {
    const asking = checker(ledger);
    expect(await asking.check(token)).toBe('live');
    expect(asked).toBe(2);
    clock.advance('500ms');
    expect(await asking.check(token)).toBe('live');
    expect(asked).toBe(3);
    expect(asking.counters).toMatchObject({ unproven: 2, refused: 0 });
  });

  // T-vh43
  it('refuses when the revocation arrives while it waits for the stores', async () => {
    refusals = [false, true];
    const asking = checker(ledger);
    expect(await asking.check(token)).toBe('revoked');
    expect(refusals).toEqual([]);
    expect(asking.counters).toMatchObject({ unproven: 0, refused: 0 });
  });

  it('counts the questions of the step', async () => {
    view.availability.failed();
    clock.advance('600ms');
    expect(await checker(ledger).check(token)).toBe('live');
    expect(asked).toBe(1);
  });

  it.each([
    ['a replica was promoted', 'b'],
    ['the server does not say which it is', undefined],
  ])('is accepted by nobody when %s', async (_, answers) => {
    server = answers;
    await expect(checker(undefined).check(token)).rejects.toEqual(UNAVAILABLE);
    view.availability.failed();
    clock.advance('600ms');
    await expect(checker(ledger).check(token)).rejects.toEqual(UNAVAILABLE);
  });

  it('accepts in a service without PostgreSQL, and refuses everywhere under `refuse`', async () => {
    expect(await checker(undefined).check(token)).toBe('live');
    view.availability.failed();
    clock.advance('600ms');
    await expect(checker(ledger, 'refuse').check(token)).rejects.toEqual(UNAVAILABLE);
    await expect(checker(undefined, 'refuse').check(token)).rejects.toEqual(UNAVAILABLE);
  });
});
