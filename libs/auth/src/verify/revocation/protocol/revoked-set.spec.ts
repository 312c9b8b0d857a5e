import { describe, expect, it } from '@jest/globals';
import { RevokedSet } from './revoked-set.js';

const token = { tokenId: 't', sessionId: 's', subject: 'u', tokenVersion: 3, keyId: 'k', issuedAt: 1_000 };
const soon = 2_000_000;

describe('RevokedSet', () => {
  it('refuses by token, session, user version, key and time, and by nothing else', () => {
    const refused = (...entries: Parameters<RevokedSet['add']>[0][]) => {
      const mirror = new RevokedSet(10, 1);
      for (const entry of entries) mirror.add(entry, 0);
      return mirror.refuses(token);
    };
    expect(refused()).toBe(false);
    expect(refused({ kind: 'token', tokenId: 't', expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'session', sessionId: 's', expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'key', keyId: 'k', expiresAt: soon })).toBe(true);
    expect(refused({ kind: 'user', subject: 'u', minVersion: 3, expiresAt: soon })).toBe(false);
    expect(
      refused(
        { kind: 'user', subject: 'u', minVersion: 4, expiresAt: soon },
        { kind: 'user', subject: 'u', minVersion: 2, expiresAt: soon },
      ),
    ).toBe(true);
    const versions = (minVersion: number) => ({
      kind: 'session_version' as const,
      minVersion,
      expiresAt: soon,
    });
    expect(refused({ ...versions(3), sessionId: 's' })).toBe(false);
    expect(refused({ ...versions(9), sessionId: 'another' })).toBe(false);
    expect(refused({ ...versions(4), sessionId: 's' }, { ...versions(2), sessionId: 's' })).toBe(true);
    expect(refused({ kind: 'all', issuedBefore: 1_000, expiresAt: soon })).toBe(false);
    expect(
      refused(
        { kind: 'all', issuedBefore: 1_001, expiresAt: soon },
        { kind: 'all', issuedBefore: 5, expiresAt: soon },
      ),
    ).toBe(true);
  });

  it('says so when an entry finds no room, and makes room of what has expired', () => {
    const mirror = new RevokedSet(2, 1);
    mirror.add({ kind: 'session', sessionId: 'a', expiresAt: 1_000 }, 0);
    mirror.add({ kind: 'session', sessionId: 'b', expiresAt: soon }, 0);
    mirror.add({ kind: 'session', sessionId: 'b', expiresAt: soon }, 0);
    expect(mirror.overflowed).toBe(false);
    mirror.add({ kind: 'session', sessionId: 's', expiresAt: soon }, 500);
    expect(mirror.overflowed).toBe(true);
    expect(mirror.refuses(token)).toBe(false);
    mirror.forgetOverflow();
    mirror.add({ kind: 'session', sessionId: 's', expiresAt: soon }, 10_000);
    expect(mirror.overflowed).toBe(false);
    expect(mirror.refuses(token)).toBe(true);
  });
});
