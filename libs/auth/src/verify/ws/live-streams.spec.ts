import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import type { Principal } from '../../common/principal.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthenticateFlow } from '../authenticate.js';
import { LiveBench, principal } from './live-connections.fixture.js';
import { type Handshake, LiveSockets } from './live-sockets.service.js';

const NEVER = new Promise<IteratorResult<number>>(() => undefined);

let bench: LiveBench;
beforeEach(() => {
  bench = new LiveBench();
});
afterEach(() => bench.live.onApplicationShutdown());

describe('server-sent events', () => {
  it('complete when the token is refused, and are released when the client leaves', () => {
    const source = new Subject<number>();
    const seen: (number | 'end')[] = [];
    const stream = bench.live.whileLive(principal(), source);
    stream.subscribe({
      next: (value) => void seen.push(value),
      complete: () => void seen.push('end'),
    });
    source.next(1);
    bench.view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    source.next(2);
    expect([seen, source.observed]).toEqual([[1, 'end'], false]);
    stream.subscribe().unsubscribe();
    expect([bench.live.size, source.observed]).toEqual([0, false]);
  });

  it('complete when the application stops, and later ones at once', () => {
    const source = new Subject<number>();
    let ended = 0;
    const stream = bench.live.whileLive(principal(), source);
    for (let opened = 0; opened < 2; opened++) stream.subscribe({ complete: () => ended++ });
    bench.live.beforeApplicationShutdown();
    expect(ended).toBe(2);
    stream.subscribe({ complete: () => ended++ });
    expect([ended, bench.live.size, source.observed]).toEqual([3, 0, false]);
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
    bench.found = { ...key, tokenVersion: 4, ...changes };
    const seen: string[] = [];
    const next = (value: string) => void seen.push(value);
    const source = new Subject<string>();
    bench.live.whileLive(key, source).subscribe({ next, complete: () => next('ended') });
    const iterator = bench.live.endingWith(key, {
      [Symbol.asyncIterator]: () => ({ next: () => NEVER }),
    });
    const waiting = iterator.next().then(() => next('done'));
    const flow = { authenticate: () => Promise.resolve(key) } as unknown as AuthenticateFlow;
    const options = { cookies: { accessName: 'access_token' }, origins: {} };
    const sockets = new LiveSockets(flow, options as unknown as ResolvedAuthOptions, bench.live);
    const client = {};
    const handshake = { headers: { authorization: 'Bearer tw_key' } } as unknown as Handshake;
    await sockets.open(client, handshake, ({ code }) => next(`closed ${code}`));
    bench.view.listener([{ kind: 'user', id: 'u1', value: 4, expiresAt: 9e15 }]);
    await bench.turns(1);
    source.next('more');
    expect(seen.sort()).toEqual(expected === 'ends' ? ['closed 4401', 'done', 'ended'] : ['more']);
    expect(sockets.principalOf(client)).toEqual(expected === 'ends' ? undefined : bench.found);
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
    const iterator = bench.live.endingWith(principal(), source);
    const waiting = iterator.next();
    bench.view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect([returned, bench.live.size]).toEqual([1, 0]);
  });

  it('continues while its token is valid, and is released once it is over', async () => {
    async function* two() {
      yield await Promise.resolve(1);
      yield 2;
    }
    const seen: number[] = [];
    for await (const value of bench.live.endingWith(principal(), two())) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(bench.live.size).toBe(0);
  });

  it('of a token that was revoked in between never starts', async () => {
    bench.view.refused.add('s1');
    const iterator = bench.live.endingWith(principal(), {
      [Symbol.asyncIterator]: () => ({ next: () => NEVER }),
    });
    expect((await iterator.next()).done).toBe(true);
    expect(bench.live.size).toBe(0);
  });
});
