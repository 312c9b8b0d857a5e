import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { classifyMiss, isRetry, type MissedRotation } from './rotation-outcome.js';
import type { RotationCause, SessionSnapshot } from '../../storage/session.js';

const hash = randomBytes(32);
const other = randomBytes(32);

interface Row {
  readonly name: string;
  readonly presented: number;
  readonly hash?: Buffer;
  readonly cause?: RotationCause | null;
  readonly agoMs?: number | null;
  readonly leewayMs?: number;
  readonly live?: boolean;
  /** The retry key of this use; the rotation had `KEY`. */
  readonly key?: Buffer;
  readonly windowMs?: number;
  /** The retry key of the rotation. Default: `KEY`. */
  readonly rotationKey?: Buffer | null;
  readonly expected: MissedRotation;
}

const KEY = randomBytes(32);
const CURRENT = 5;
const rows: readonly Row[] = [
  { name: 'the current one, its hash', presented: 5, expected: 'unmoved' },
  { name: 'the current one, another hash', presented: 5, hash: other, expected: 'mismatch' },
  { name: 'a newer one', presented: 6, expected: 'mismatch' },
  { name: 'the previous one, leeway 0, at once', presented: 4, agoMs: 0, expected: 'reuse' },
  {
    name: 'the previous one inside the leeway',
    presented: 4,
    agoMs: 10_000,
    leewayMs: 10_000,
    expected: 'replay',
  },
  {
    name: 'the previous one a moment too late',
    presented: 4,
    agoMs: 10_001,
    leewayMs: 10_000,
    expected: 'reuse',
  },
  {
    name: 'one before the previous, inside the leeway',
    presented: 3,
    agoMs: 1,
    leewayMs: 10_000,
    expected: 'reuse',
  },
  {
    name: 'replaced by a password change, leeway 0',
    presented: 4,
    cause: 'password',
    agoMs: 60_000,
    expected: 'superseded',
  },
  {
    name: 'replaced by a password change long ago',
    presented: 4,
    cause: 'password',
    agoMs: 60_001,
    expected: 'reuse',
  },
  {
    name: 'replaced by a reauthentication',
    presented: 4,
    cause: 'reauthenticate',
    agoMs: 5,
    leewayMs: 10_000,
    expected: 'superseded',
  },
  {
    name: 'older than a replaced one',
    presented: 3,
    cause: 'password',
    agoMs: 5,
    expected: 'reuse',
  },
  {
    name: 'an older one of a session that never rotated',
    presented: 4,
    cause: null,
    agoMs: null,
    expected: 'reuse',
  },
  {
    name: 'of a rotation without a cause',
    presented: 4,
    cause: null,
    leewayMs: 10_000,
    expected: 'reuse',
  },
  {
    name: 'of a rotation without a time',
    presented: 4,
    agoMs: null,
    leewayMs: 10_000,
    expected: 'reuse',
  },
  {
    name: 'with a key, where none was',
    presented: 4,
    key: KEY,
    rotationKey: null,
    expected: 'reuse',
  },
  {
    name: 'with its key at once, retries off',
    presented: 4,
    key: KEY,
    agoMs: 0,
    windowMs: 0,
    expected: 'reuse',
  },
  { name: 'with its key, leeway 0', presented: 4, key: KEY, agoMs: 900_000, expected: 'replay' },
  {
    name: 'with its key, a moment too late',
    presented: 4,
    key: KEY,
    agoMs: 900_001,
    expected: 'reuse',
  },
  { name: 'with another key', presented: 4, key: other, agoMs: 1, expected: 'reuse' },
  {
    name: 'with its key, retries off',
    presented: 4,
    key: KEY,
    agoMs: 1,
    windowMs: 0,
    expected: 'reuse',
  },
  { name: 'an older one with the key', presented: 3, key: KEY, agoMs: 1, expected: 'reuse' },
  {
    name: 'after a password change, with its key',
    presented: 4,
    cause: 'password',
    key: KEY,
    expected: 'replay',
  },
  {
    name: 'the current one of another hash, with the key',
    presented: 5,
    hash: other,
    key: KEY,
    expected: 'mismatch',
  },
  {
    name: 'of a dead session, with the key',
    presented: 4,
    key: KEY,
    live: false,
    expected: 'dead',
  },
  { name: 'any of a dead session', presented: 2, live: false, expected: 'dead' },
  { name: 'the current one of a dead session', presented: 5, live: false, expected: 'dead' },
];

describe('what a missed rotation means', () => {
  // T-rf3h
  it.each(rows)('$name → $expected', (row) => {
    const snapshot = {
      session: { generation: CURRENT },
      tokenHash: hash,
      rotationCause: row.cause === undefined ? 'refresh' : row.cause,
      rotatedAgoMs: row.agoMs === undefined ? 1000 : row.agoMs,
      rotationKey: row.rotationKey === undefined ? KEY : row.rotationKey,
      live: row.live ?? true,
    } as unknown as SessionSnapshot;
    const presented = { generation: row.presented, hash: row.hash ?? hash, keyHash: row.key };
    expect(
      classifyMiss(snapshot, presented, {
        reuseLeewayMs: row.leewayMs ?? 0,
        retryWindowMs: row.windowMs ?? 900_000,
      }),
    ).toBe(row.expected);
  });

  it('no session → dead', () => {
    expect(
      classifyMiss(
        undefined,
        { generation: 1, hash },
        { reuseLeewayMs: 0, retryWindowMs: 900_000 },
      ),
    ).toBe('dead');
  });

  it('a rotation without a time cannot be retried with any key', () => {
    const snapshot = { rotationKey: KEY, rotatedAgoMs: null } as unknown as SessionSnapshot;
    expect(isRetry(snapshot, KEY, 900_000)).toBe(false);
  });
});
