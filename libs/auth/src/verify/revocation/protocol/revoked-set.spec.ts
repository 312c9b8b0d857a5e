import { describe, expect, it } from '@jest/globals';
import { RevokedSet } from './revoked-set.js';

const token = {
  tokenId: 't',
  sessionId: 's',
  subject: 'u',
  tokenVersion: 3,
  keyId: 'k',
  issuedAt: 1_000,
};
const soon = 2_000_000;

describe('RevokedSet', () => {
  it('refuses only by token, session, user version, key and time', () => {
    const refused = (...entries: Parameters<RevokedSet['add']>[0][]) => {
      const mirror = new RevokedSet(10);
      for (const entry of entries) mirror.add(entry, 0);
      return mirror.refuses(token);
    };
    expect(refused()).toBe(false);
    expect(refused({ kind: 'token', id: 't', value: 0, expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'session', id: 's', value: 0, expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'key', id: 'k', value: 0, expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'user', id: 'u', value: 3, expiresAt: soon })).toBe(false);
    expect(
      refused(
        { kind: 'user', id: 'u', value: 4, expiresAt: soon },
        { kind: 'user', id: 'u', value: 2, expiresAt: soon },
      ),
    ).toBe(true);
    const versions = (value: number) => ({
      kind: 'session_version' as const,
      value,
      expiresAt: soon,
    });
    expect(refused({ ...versions(3), id: 's' })).toBe(false);
    expect(refused({ ...versions(9), id: 'another' })).toBe(false);
    expect(refused({ ...versions(4), id: 's' }, { ...versions(2), id: 's' })).toBe(true);
    expect(refused({ kind: 'all', id: '', value: 1_000, expiresAt: soon })).toBe(false);
    expect(
      refused(
        { kind: 'all', id: '', value: 1_001, expiresAt: soon },
        { kind: 'all', id: '', value: 5, expiresAt: soon },
      ),
    ).toBe(true);
  });

  // T-vc6r
  it('reports an entry without room, and makes room by removing expired entries', () => {
    const mirror = new RevokedSet(2);
    mirror.add({ kind: 'session', id: 'a', value: 0, expiresAt: 1_000 }, 0);
    mirror.add({ kind: 'session', id: 'b', value: 0, expiresAt: soon }, 0);
    mirror.add({ kind: 'session', id: 'b', value: 0, expiresAt: soon }, 0);
    expect(mirror.overflowed).toBe(false);
    mirror.add({ kind: 'session', id: 's', value: 0, expiresAt: soon }, 500);
    expect(mirror.overflowed).toBe(true);
    expect(mirror.refuses(token)).toBe(false);
    mirror.forgetOverflow();
    mirror.add({ kind: 'session', id: 's', value: 0, expiresAt: soon }, 10_000);
    expect(mirror.overflowed).toBe(false);
    expect(mirror.refuses(token)).toBe(true);
  });

  it('has room for a new fill while a tenth of it is free', () => {
    const set = new RevokedSet(10);
    const add = (id: string) => set.add({ kind: 'session', id, value: 0, expiresAt: soon }, 0);
    for (const id of 'abcdefgh') add(id);
    expect(set.hasRoom).toBe(true);
    add('i');
    expect(set.hasRoom).toBe(false);
  });

  it('sweeps for an entry only when there is no room, and only once until the next fill', () => {
    const set = new RevokedSet(2);
    const add = (id: string, expiresAt: number, now: number) =>
      set.add({ kind: 'session', id, value: 0, expiresAt }, now);
    add('a', 1_000, 0);
    add('b', 20_000, 10_000);
    expect(set.size).toBe(2);
    expect(add('c', soon, 500)).toBe(false);
    expect(set.overflowed).toBe(true);
    expect(add('d', soon, 30_000)).toBe(false);
    expect(set.size).toBe(2);
  });

  it('accepts an entry of kind `all` even without room', () => {
    const set = new RevokedSet(1);
    set.add({ kind: 'session', id: 'a', value: 0, expiresAt: soon }, 0);
    expect(set.add({ kind: 'all', id: '', value: 1_001, expiresAt: soon }, 0)).toBe(true);
    expect([set.overflowed, set.refuses(token)]).toEqual([false, true]);
  });
});
