import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { AuthError } from '../../common/auth-error.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { Principal } from '../../common/principal.js';
import type { AuthenticateFlow } from '../authenticate.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { RevocationSync } from '../revocation/revocation-sync.service.js';
import type { Ending } from './ending.js';
import { LiveConnections } from './live-connections.service.js';
import { type Handshake, LiveSockets } from './live-sockets.service.js';
import { FakeView, MovedClock, NOW_S, principal } from './live-connections.fixture.js';

const NEVER = new Promise<IteratorResult<number>>(() => undefined);

let clock: MovedClock;
let view: FakeView;
let answers: Record<string, 'live' | 'revoked' | 'down'>;
let live: LiveConnections;
/** The owner that an API key has when it is looked up again. */
let found: Principal;

beforeEach(() => {
  clock = new MovedClock();
  view = new FakeView();
  answers = {};
  const flow = {
    recheck: async (asked: Principal) => {
      const answer = answers[asked.tokenId] ?? 'live';
      if (answer === 'revoked') throw new AuthError('token_refused', 'revoked');
      if (answer === 'down') throw AuthError.unavailable('redis');
      return Promise.resolve(asked);
    },
    lookAgain: () => Promise.resolve(found),
  };
  const options = {
    accessToken: { clockToleranceSeconds: 30 },
    revocation: { maxStalenessMs: 1_000 },
  };
  live = new LiveConnections(
    options as ResolvedAuthOptions,
    clock,
    view as unknown as RevocationSync,
    flow as unknown as AuthenticateFlow,
  );
});
afterEach(() => live.onApplicationShutdown());

function held(changes: Partial<Principal> = {}) {
  const endings: Ending[] = [];
  const connection = live.hold(principal(changes), (ending) => void endings.push(ending));
  return { connection, endings };
}

/** Ticks of a quarter of a second, the interval of the timer. */
function tick(times = 1): void {
  for (let done = 0; done < times; done++) {
    clock.ms += 250;
    live.tick();
  }
}

/** As above, with time for answers in between. */
async function turns(times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a revocation', () => {
  const expiresAt = (NOW_S + 9_999) * 1000;
  it.each<[string, LedgerEntry, 'ends' | 'spares']>([
    ['of the session', { kind: 'session', id: 's1', value: 0, expiresAt }, 'ends'],
    ['of another session', { kind: 'session', id: 's2', value: 0, expiresAt }, 'spares'],
    ['of the token', { kind: 'token', id: 't1', value: 0, expiresAt }, 'ends'],
    ['of another token', { kind: 'token', id: 't2', value: 0, expiresAt }, 'spares'],
    ['of the user up to a later version', { kind: 'user', id: 'u1', value: 4, expiresAt }, 'ends'],
    ['of the user up to this version', { kind: 'user', id: 'u1', value: 3, expiresAt }, 'spares'],
    ['of another user', { kind: 'user', id: 'u2', value: 9, expiresAt }, 'spares'],
    ['of the key', { kind: 'key', id: 'k1', value: 0, expiresAt }, 'ends'],
    ['of another key', { kind: 'key', id: 'k2', value: 0, expiresAt }, 'spares'],
    ['of everything before now', { kind: 'all', id: '', value: NOW_S, expiresAt }, 'ends'],
    [
      'of everything before it was issued',
      { kind: 'all', id: '', value: NOW_S - 10, expiresAt },
      'spares',
    ],
  ])('%s: %j %s the connection in the same turn', (_name, entry, outcome) => {
    const { endings } = held();
    view.listener([entry]);
    expect(endings).toEqual(outcome === 'ends' ? [{ code: 4401, reason: 'revoked' }] : []);
    expect(live.size).toBe(outcome === 'ends' ? 0 : 1);
  });

  it('that came between check and entry is not missed', () => {
    view.refused.add('s1');
    expect(held().endings).toEqual([{ code: 4401, reason: 'revoked' }]);
  });

  it('ends all connections of a session, even when closing one of them fails', () => {
    live.hold(principal(), () => {
      throw new Error('already gone');
    });
    const { endings } = held();
    view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt }]);
    expect(endings).toHaveLength(1);
    expect(live.size).toBe(0);
  });

  it('of an earlier token no longer concerns a connection that has a fresh one', () => {
    const { connection, endings } = held();
    connection.renew(principal({ tokenId: 't2', tokenVersion: 4 }));
    view.listener([
      { kind: 'token', id: 't1', value: 0, expiresAt },
      { kind: 'user', id: 'u1', value: 4, expiresAt },
    ]);
    expect(endings).toEqual([]);
    view.listener([{ kind: 'token', id: 't2', value: 0, expiresAt }]);
    expect(endings).toHaveLength(1);
  });

  it('does not call back for a connection that has closed', () => {
    const { connection, endings } = held();
    connection.release();
    view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt }]);
    tick(9_999);
    expect(endings).toEqual([]);
  });
});

describe('renewing', () => {
  it('refuses a token of another user', () => {
    expect(() => {
      held().connection.renew(principal({ id: 'u2' }));
    }).toThrow('Authentication failed');
  });

  it('does not revive a connection that was ended', () => {
    const { connection } = held();
    view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    expect(() => {
      connection.renew(principal({ sessionId: 's2', tokenId: 't2' }));
    }).toThrow('Authentication failed');
  });
});

describe('expiry', () => {
  it('ends the connection at the right tick', () => {
    const { endings } = held({ expiresAt: NOW_S + 1 });
    tick(3);
    expect(endings).toEqual([]);
    tick();
    expect(endings).toEqual([{ code: 4401, reason: 'expired' }]);
  });

  it('of a token accepted within the clock tolerance comes at the end of the tolerance', () => {
    const { endings } = held({ expiresAt: NOW_S - 1 });
    tick(4 * 29 - 1);
    expect(endings).toEqual([]);
    tick();
    expect(endings).toEqual([{ code: 4401, reason: 'expired' }]);
  });

  it('moves with a fresh token', () => {
    const { connection, endings } = held({ expiresAt: NOW_S + 1 });
    connection.renew(principal({ tokenId: 't2', expiresAt: NOW_S + 3 }));
    tick(8);
    expect(endings).toEqual([]);
    tick(4);
    expect(endings).toHaveLength(1);
  });
});

describe('a view that no store proves', () => {
  it('ends every connection after five seconds, with a code that means: reconnect', () => {
    const { endings } = held();
    view.isFresh = false;
    tick(19);
    expect(endings).toEqual([]);
    tick();
    expect(endings).toEqual([{ code: 4503, reason: 'unproven' }]);
    expect(held({ tokenId: 't2' }).endings).toEqual([{ code: 4503, reason: 'unproven' }]);
  });

  it('that is proven again in between starts the time again', () => {
    const { endings } = held();
    view.isFresh = false;
    tick(19);
    view.isFresh = true;
    tick();
    view.isFresh = false;
    tick(19);
    expect(endings).toEqual([]);
  });

  it('does not count time during which the process was stopped', () => {
    const { endings } = held();
    view.isFresh = false;
    clock.ms += 60_000;
    live.tick();
    expect(endings).toEqual([]);
  });

  it('because it is too full has every token checked once', async () => {
    Object.assign(view, { isFresh: false, bounded: true });
    answers = { t2: 'revoked' };
    const first = held();
    const second = [held({ tokenId: 't2' }), held({ tokenId: 't2' })];
    await turns(30);
    expect(first.endings).toEqual([]);
    expect(second.flatMap(({ endings }) => endings)).toEqual([
      { code: 4401, reason: 'revoked' },
      { code: 4401, reason: 'revoked' },
    ]);
  });

  it('because it is too full, with stores that cannot answer, ends every connection too', async () => {
    Object.assign(view, { isFresh: false, bounded: true });
    answers = { t1: 'down' };
    const { endings } = held();
    await turns(30);
    expect(endings).toEqual([{ code: 4503, reason: 'unproven' }]);
  });
});

describe('server-sent events', () => {
  it('complete when the token is refused, and are released when the client leaves', () => {
    const source = new Subject<number>();
    const seen: (number | 'end')[] = [];
    const stream = live.whileLive(principal(), source);
    stream.subscribe({
      next: (value) => void seen.push(value),
      complete: () => void seen.push('end'),
    });
    source.next(1);
    view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    source.next(2);
    expect([seen, source.observed]).toEqual([[1, 'end'], false]);
    stream.subscribe().unsubscribe();
    expect([live.size, source.observed]).toEqual([0, false]);
  });
});

describe('a stream or socket of an API key', () => {
  // T-9hd2
  it.each<[string, Partial<Principal>, 'goes on' | 'ends']>([
    ['signs out everywhere', {}, 'goes on'],
    ['lists the same permissions in another order', { permissions: ['b', 'a'] }, 'goes on'],
    ['gets another role', { role: 'user' }, 'ends'],
    ['loses a permission', { permissions: ['a'] }, 'ends'],
  ])('whose owner %s: %s', async (_, changes, expected) => {
    const key = principal({ kind: 'api_key', role: 'admin', permissions: ['a', 'b'] });
    found = { ...key, tokenVersion: 4, ...changes };
    const seen: string[] = [];
    const next = (value: string) => void seen.push(value);
    const source = new Subject<string>();
    live.whileLive(key, source).subscribe({ next, complete: () => next('ended') });
    const iterator = live.endingWith(key, {
      [Symbol.asyncIterator]: () => ({ next: () => NEVER }),
    });
    const waiting = iterator.next().then(() => next('done'));
    const flow = { authenticate: () => Promise.resolve(key) } as unknown as AuthenticateFlow;
    const options = { cookies: { accessName: 'access_token' }, origins: {} };
    const sockets = new LiveSockets(flow, options as unknown as ResolvedAuthOptions, live);
    const client = {};
    const handshake = { headers: { authorization: 'Bearer tw_key' } } as unknown as Handshake;
    await sockets.open(client, handshake, ({ code }) => next(`closed ${code}`));
    view.listener([{ kind: 'user', id: 'u1', value: 4, expiresAt: 9e15 }]);
    await turns(1);
    source.next('more');
    expect(seen.sort()).toEqual(expected === 'ends' ? ['closed 4401', 'done', 'ended'] : ['more']);
    expect(sockets.principalOf(client)).toEqual(expected === 'ends' ? undefined : found);
    if (expected === 'ends') await waiting;
  });
});

describe('a GraphQL subscription', () => {
  it('completes when the token is refused, also for a waiting reader, and releases its source', async () => {
    let returned = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => NEVER,
        return: () => Promise.resolve({ done: true as const, value: (returned += 1) }),
      }),
    };
    const iterator = live.endingWith(principal(), source);
    const waiting = iterator.next();
    view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect([returned, live.size]).toEqual([1, 0]);
  });

  it('continues while its token is valid, and is released once it is over', async () => {
    async function* two() {
      yield await Promise.resolve(1);
      yield 2;
    }
    const seen: number[] = [];
    for await (const value of live.endingWith(principal(), two())) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(live.size).toBe(0);
  });

  it('of a token that was revoked in between never starts', async () => {
    view.refused.add('s1');
    const iterator = live.endingWith(principal(), {
      [Symbol.asyncIterator]: () => ({ next: () => NEVER }),
    });
    expect((await iterator.next()).done).toBe(true);
    expect(live.size).toBe(0);
  });
});
