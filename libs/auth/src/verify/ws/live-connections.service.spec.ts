import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import { LiveBench, NOW_S, principal } from './live-connections.fixture.js';

let bench: LiveBench;
beforeEach(() => {
  bench = new LiveBench();
});
afterEach(() => bench.live.onApplicationShutdown());

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
    const { endings } = bench.held();
    bench.view.listener([entry]);
    expect(endings).toEqual(outcome === 'ends' ? [{ code: 4401, reason: 'revoked' }] : []);
    expect(bench.live.size).toBe(outcome === 'ends' ? 0 : 1);
  });

  it('that came between check and entry is not missed', () => {
    bench.view.refused.add('s1');
    expect(bench.held().endings).toEqual([{ code: 4401, reason: 'revoked' }]);
  });

  it('ends all connections of a session, even when closing one of them fails', () => {
    bench.live.hold(principal(), () => {
      throw new Error('already gone');
    });
    const { endings } = bench.held();
    bench.view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt }]);
    expect(endings).toHaveLength(1);
    expect(bench.live.size).toBe(0);
  });

  it('of an earlier token no longer concerns a connection that has a fresh one', () => {
    const { connection, endings } = bench.held();
    connection.renew(principal({ tokenId: 't2', tokenVersion: 4 }));
    bench.view.listener([
      { kind: 'token', id: 't1', value: 0, expiresAt },
      { kind: 'user', id: 'u1', value: 4, expiresAt },
    ]);
    expect(endings).toEqual([]);
    bench.view.listener([{ kind: 'token', id: 't2', value: 0, expiresAt }]);
    expect(endings).toHaveLength(1);
  });

  it('does not call back for a connection that has closed', () => {
    const { connection, endings } = bench.held();
    connection.release();
    bench.view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt }]);
    bench.tick(9_999);
    expect(endings).toEqual([]);
  });
});

describe('renewing', () => {
  it('refuses a token of another user', () => {
    expect(() => {
      bench.held().connection.renew(principal({ id: 'u2' }));
    }).toThrow('Authentication failed');
  });

  it('does not revive a connection that was ended', () => {
    const { connection } = bench.held();
    bench.view.listener([{ kind: 'session', id: 's1', value: 0, expiresAt: 9e15 }]);
    expect(() => {
      connection.renew(principal({ sessionId: 's2', tokenId: 't2' }));
    }).toThrow('Authentication failed');
  });
});

describe('expiry', () => {
  it('ends the connection at the right tick', () => {
    const { endings } = bench.held({ expiresAt: NOW_S + 1 });
    bench.tick(3);
    expect(endings).toEqual([]);
    bench.tick();
    expect(endings).toEqual([{ code: 4401, reason: 'expired' }]);
  });

  it('of a token accepted within the clock tolerance comes at the end of the tolerance', () => {
    const { endings } = bench.held({ expiresAt: NOW_S - 1 });
    bench.tick(4 * 29 - 1);
    expect(endings).toEqual([]);
    bench.tick();
    expect(endings).toEqual([{ code: 4401, reason: 'expired' }]);
  });

  it('moves with a fresh token', () => {
    const { connection, endings } = bench.held({ expiresAt: NOW_S + 1 });
    connection.renew(principal({ tokenId: 't2', expiresAt: NOW_S + 3 }));
    bench.tick(8);
    expect(endings).toEqual([]);
    bench.tick(4);
    expect(endings).toHaveLength(1);
  });
});

describe('a view that no store proves', () => {
  it('ends every connection after five seconds, with a code that means: reconnect', () => {
    const { endings } = bench.held();
    bench.view.isFresh = false;
    bench.tick(19);
    expect(endings).toEqual([]);
    bench.tick();
    expect(endings).toEqual([{ code: 4503, reason: 'unproven' }]);
    expect(bench.held({ tokenId: 't2' }).endings).toEqual([{ code: 4503, reason: 'unproven' }]);
  });

  it('that is proven again in between starts the time again', () => {
    const { endings } = bench.held();
    bench.view.isFresh = false;
    bench.tick(19);
    bench.view.isFresh = true;
    bench.tick();
    bench.view.isFresh = false;
    bench.tick(19);
    expect(endings).toEqual([]);
  });

  it('does not count time during which the process was stopped', () => {
    const { endings } = bench.held();
    bench.view.isFresh = false;
    bench.clock.ms += 60_000;
    bench.live.tick();
    expect(endings).toEqual([]);
  });

  it('because it is too full has every token checked once', async () => {
    Object.assign(bench.view, { isFresh: false, bounded: true });
    bench.answers = { t2: 'revoked' };
    const first = bench.held();
    const second = [bench.held({ tokenId: 't2' }), bench.held({ tokenId: 't2' })];
    await bench.turns(30);
    expect(first.endings).toEqual([]);
    expect(second.flatMap(({ endings }) => endings)).toEqual([
      { code: 4401, reason: 'revoked' },
      { code: 4401, reason: 'revoked' },
    ]);
  });

  it('because it is too full, with stores that cannot answer, ends every connection too', async () => {
    Object.assign(bench.view, { isFresh: false, bounded: true });
    bench.answers = { t1: 'down' };
    const { endings } = bench.held();
    await bench.turns(30);
    expect(endings).toEqual([{ code: 4503, reason: 'unproven' }]);
  });
});
