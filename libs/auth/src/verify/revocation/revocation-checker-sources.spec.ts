import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { LookupOptions, RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import type { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { instantOf } from './protocol/instant.js';
import { RevocationView } from './protocol/revocation-view.js';
import {
  type CheckCounters,
  type CheckOptions,
  RevocationChecker,
  type Verdict,
} from './revocation-checker.service.js';
import type { RevocationSync } from './revocation-sync.service.js';
import { head, position, token } from './revocation-checker.fixture.js';

type Redis = 'revoked' | 'silent' | 'away' | 'revoked on a second look' | 'away on a second look';
interface Case {
  /** Whether the view is proven. Default: no. */
  readonly fresh?: boolean;
  readonly mode?: 'mirror' | 'strict';
  readonly options?: CheckOptions;
  readonly refusedByMirror?: boolean;
  readonly redis?: Redis;
  /** Milliseconds since the instant up to which the answer of Redis is proven. */
  readonly redisAgeMs?: number;
  readonly unproven?: 'redis' | 'refuse';
  readonly postgres?: 'revoked' | 'live' | 'away' | 'odd';
  /** No ledger is known. */
  readonly noLedger?: boolean;
}
type Outcome = Verdict | 'unavailable';

/** One check by a process whose stores answer as `given` says; `asked` tells them in their order. */
function situation(given: Case) {
  const own = new ManualClock();
  const known = new RevocationView(own, 100);
  known.follow('ours');
  const noted = { cursor: '0', beat: head, lineage: 'a' };
  known.acceptLedger(instantOf(own), undefined, { position, entries: [] }, noted);
  if (given.noLedger) known.follow(undefined);
  if (!given.fresh) own.advance('5s');
  known.mirror.refuses = () => given.refusedByMirror ?? false;
  known.answerAgeMs = () => given.redisAgeMs ?? Infinity;
  const questions: string[] = [];
  const bus = {
    lookup: (of: string, _token: unknown, { lineage }: LookupOptions) => {
      questions.push(`redis ${of} ${String(lineage)}`);
      const { redis = 'away' } = given;
      const second = lineage === 'include';
      if (redis === 'away' || (second && redis === 'away on a second look'))
        return Promise.reject(new Error('away'));
      const revoked = redis === 'revoked' || (second && redis === 'revoked on a second look');
      const verdict = revoked ? 'revoked' : 'silent';
      return Promise.resolve({ verdict, head, connection: 1, lineage: second ? 'a' : undefined });
    },
  } as unknown as RevocationFeedBus;
  const store = {
    isRevoked: () => {
      questions.push('postgres');
      return given.postgres === 'away'
        ? Promise.reject(AuthError.unavailable('late'))
        : Promise.resolve(given.postgres === 'odd' ? undefined : given.postgres === 'revoked');
    },
  } as unknown as RevocationLedgerStore;
  const { mode = 'mirror', unproven = 'redis' } = given;
  const revocation = { mode, maxStalenessMs: 1_000, deadlineMs: 250, unproven };
  const made = new RevocationChecker(
    { revocation } as unknown as ResolvedAuthOptions,
    own,
    { view: known } as RevocationSync,
    given.postgres && store,
    given.redis && bus,
  );
  return { made, questions, known, own };
}

describe('which source answers a check', () => {
  beforeAll(() => Logger.overrideLogger(false));

  const strict = { revocationMode: 'strict' } as const;
  const [omit, include] = ['redis ours omit', 'redis ours include'];
  it.each<[string, Case, Outcome, Partial<CheckCounters>, string[]]>([
    [
      'a refusal by the view, even if it is stale',
      { refusedByMirror: true, redis: 'silent' },
      'revoked',
      { mirror: 1 },
      [],
    ],
    [
      'a fresh view',
      { fresh: true, redis: 'revoked', postgres: 'revoked' },
      'live',
      { mirror: 1 },
      [],
    ],
    [
      'a fresh view, for a call without a mode',
      { fresh: true, options: {}, redis: 'revoked' },
      'live',
      { mirror: 1 },
      [],
    ],
    [
      'Redis, in strict mode',
      { fresh: true, mode: 'strict', redis: 'silent', redisAgeMs: 0 },
      'live',
      { redis: 1 },
      [omit],
    ],
    [
      'Redis, for a strict call',
      { fresh: true, options: strict, redis: 'revoked' },
      'revoked',
      { redis: 1 },
      [omit],
    ],
    [
      'Redis, if it refuses, however old its proof',
      { redis: 'revoked', postgres: 'live' },
      'revoked',
      { redis: 1 },
      [omit],
    ],
    [
      'Redis, proven at the bound',
      { redis: 'silent', redisAgeMs: 1_000, postgres: 'revoked' },
      'live',
      { redis: 1 },
      [omit],
    ],
    [
      'PostgreSQL, past the bound',
      { redis: 'silent', redisAgeMs: 1_001, postgres: 'revoked' },
      'revoked',
      { postgres: 1 },
      [omit, include, 'postgres'],
    ],
    [
      'PostgreSQL, past the bound, under refuse',
      { unproven: 'refuse', redis: 'silent', postgres: 'live' },
      'live',
      { postgres: 1 },
      [omit, 'postgres'],
    ],
    [
      'Redis, if it refuses on a second look',
      { redis: 'revoked on a second look', postgres: 'live' },
      'revoked',
      { redis: 1 },
      [omit, include],
    ],
    [
      'PostgreSQL, if Redis is away',
      { redis: 'away', postgres: 'live' },
      'live',
      { postgres: 1 },
      [omit, 'postgres'],
    ],
    ['PostgreSQL, without a feed', { postgres: 'live' }, 'live', { postgres: 1 }, ['postgres']],
    [
      'PostgreSQL, while no ledger is known',
      { noLedger: true, redis: 'revoked', postgres: 'live' },
      'live',
      { postgres: 1 },
      ['postgres'],
    ],
    [
      'nobody, if both are away',
      { redis: 'away', postgres: 'away' },
      'unavailable',
      { refused: 1 },
      [omit, 'postgres'],
    ],
    [
      'nobody, if Redis goes away between two looks',
      { redis: 'away on a second look', postgres: 'away' },
      'unavailable',
      { refused: 1 },
      [omit, include, 'postgres'],
    ],
    ['nobody, without a store', {}, 'unavailable', { refused: 1 }, []],
    [
      'nobody, if it says nothing',
      { postgres: 'odd' },
      'unavailable',
      { refused: 1 },
      ['postgres'],
    ],
  ])('%s', async (_, given, outcome, counters, questions) => {
    const { made, questions: asked } = situation(given);
    const checking = (async () => made.check(token, given.options))();
    if (outcome === 'unavailable')
      await expect(checking).rejects.toMatchObject({
        code: 'unavailable',
        detail: 'no store can tell whether the token was revoked',
      });
    else expect(await checking).toBe(outcome);
    const none = { mirror: 0, redis: 0, postgres: 0, unproven: 0, refused: 0 };
    expect(made.counters).toEqual({ ...none, ...counters });
    expect(asked).toEqual(questions);
  });

  it('an answer of PostgreSQL ends its outage', async () => {
    const { made, known, own } = situation({ redis: 'away', postgres: 'live' });
    known.availability.failed();
    own.advance('5s');
    expect(await made.check(token)).toBe('live');
    known.availability.failed();
    expect(known.availability.awayMs()).toBe(0);
  });

  it('says once that checks are unproven, and once that they are proven again', async () => {
    const told: string[] = [];
    const tell = (level: string) => (message: string, context: string) =>
      told.push(`${level} ${context}: ${message.replace(/ \(.*/, '')}`);
    Logger.overrideLogger({ log: tell('log'), warn: tell('warn'), error: tell('error') });
    const given: { -readonly [Name in keyof Case]: Case[Name] } = { redis: 'silent' };
    const { made } = situation(given);
    for (const age of [Infinity, Infinity, 0, 0, Infinity]) {
      given.redisAgeMs = age;
      await made.check(token);
    }
    Logger.overrideLogger(false);
    const warning =
      'warn Tokenward: Postgres is out of reach: accepting what an unbroken Redis does not refuse';
    expect(told).toEqual([warning, 'log Tokenward: revocation checks are proven again', warning]);
    expect(made.counters).toMatchObject({ unproven: 3, redis: 2 });
  });
});
