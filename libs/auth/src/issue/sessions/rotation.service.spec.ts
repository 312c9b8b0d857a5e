import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { Session, SessionSnapshot } from '../../storage/session.js';
import type {
  ReuseOutcome,
  RotateOutcome,
  Rotation,
  SessionStore,
} from '../../storage/session-store.port.js';
import { RefreshSecrets } from './refresh-secrets.js';
import {
  type GenuineRefreshToken,
  hashSecret,
  openRefreshToken,
  writeRefreshToken,
} from './refresh-token.js';
import { readRetryKey, type RetryKey } from './retry-key.js';
import { RotationService } from './rotation.service.js';
import { successorSecret } from './successor.js';

const ring = RefreshSecrets.parse([`p:${randomBytes(32).toString('base64url')}`]);
const sessionId = randomUUID();
const secret = randomBytes(32);
const presented: GenuineRefreshToken = { kind: 'genuine', sessionId, generation: 3, secret };
const client = { ip: '192.0.2.1', userAgent: 'browser' };
const refreshToken = {
  ttlMs: 1_000,
  rememberMeTtlMs: 2_000,
  reuseLeewayMs: 10_000,
  retryWindowMs: 60_000,
  onReuse: 'session',
};
const bound = { kind: 'dpop', key: 'K', at: new Date() } as const;

/** The row while the presented token is its newest. */
function row(session: Partial<Session> = {}, more: Partial<SessionSnapshot> = {}): SessionSnapshot {
  const facts = { id: sessionId, subject: 'u', actor: null, bound: null, registerBy: null };
  return {
    session: { ...facts, generation: 3, ...session } as Session,
    subject: { tokenVersion: 1, epoch: 1 },
    tokenHash: hashSecret(secret),
    rotationNonce: null,
    rotationCause: null,
    rotationKey: null,
    rotatedAgoMs: null,
    live: true,
    ...more,
  };
}
const state = { session: row().session, subject: row().subject };
const named = { sessionId, subject: 'u', actor: null };

const away = new Error('away');
type Answer<T> = T | Error | ((rotation: Rotation) => T);
let rotations: Rotation[];
let ended: unknown[][];
/** The answers to successive rotations, reads and endings. */
let script: {
  rotate: Answer<RotateOutcome>[];
  read: Answer<SessionSnapshot | undefined>[];
  endReused: ReuseOutcome;
};
beforeEach(() => {
  [rotations, ended] = [[], []];
  script = { rotate: [], read: [], endReused: { kind: 'spared' } };
});
function given<T>(answers: Answer<T>[], what: string): Promise<T> {
  if (answers.length === 0) return Promise.reject(new Error(`no ${what} was expected`));
  const answer = answers.shift() as Answer<T>;
  if (answer instanceof Error) return Promise.reject(answer);
  const latest = rotations.at(-1) as Rotation;
  return Promise.resolve(
    typeof answer === 'function' ? (answer as (rotation: Rotation) => T)(latest) : answer,
  );
}
const store = {
  rotate: (rotation: Rotation) => (rotations.push(rotation), given(script.rotate, 'rotation')),
  read: () => given(script.read, 'read'),
  endReused: (...asked: unknown[]) => (ended.push(asked), Promise.resolve(script.endReused)),
} as unknown as SessionStore;
const service = (changes: object = {}) =>
  new RotationService(
    store,
    ring,
    { refreshToken: { ...refreshToken, ...changes } } as unknown as ResolvedAuthOptions,
    new SystemEntropy(),
  );

const retryKey = () => readRetryKey(randomBytes(32).toString('base64url')) as RetryKey;
const missed = (found?: SessionSnapshot): RotateOutcome => ({ kind: 'missed', found });

describe('a refresh token', () => {
  it('is the current one of a live session, of its generation and its secret', async () => {
    const other = { ...presented, secret: randomBytes(32) };
    script.read = [row(), row({}, { live: false }), row({ generation: 4 }), row(), undefined];
    expect(await service().current(presented)).toMatchObject(state);
    for (const token of [presented, presented, other, presented])
      expect(await service().current(token)).toBeUndefined();
  });

  it('is replaced by one statement, which holds the hashes of both secrets', async () => {
    script.rotate = [{ kind: 'rotated', ...state }];
    const key = retryKey();
    const outcome = await service().rotate(presented, client, { key, provedKey: 'K' });
    expect(outcome).toMatchObject({ kind: 'rotated', ...state });
    const [rotation] = rotations as [Rotation];
    const next = 'refreshToken' in outcome ? openRefreshToken(ring, outcome.refreshToken) : outcome;
    if (next.kind !== 'genuine') throw new Error('not a token of ours');
    expect([next.sessionId, next.generation]).toEqual([sessionId, 4]);
    expect(rotation).toEqual({
      sessionId,
      generation: 3,
      presentedHash: hashSecret(secret),
      nextHash: hashSecret(next.secret),
      nonce: expect.objectContaining({ length: 16 }),
      keyHash: key.hash,
      provedKey: 'K',
      ttlMs: 1_000,
      rememberMeTtlMs: 2_000,
      ...client,
    });
  });

  it('is tried four times while another transaction holds the row', async () => {
    script.rotate = [missed(row()), missed(row()), missed(row()), { kind: 'rotated', ...state }];
    expect((await service().rotate(presented, client)).kind).toBe('rotated');
    script.rotate = [missed(row()), missed(row()), missed(row()), missed(row())];
    await expect(service().rotate(presented, client)).rejects.toMatchObject({
      reason: 'unavailable',
      detail: 'a rotation kept losing to other transactions',
    });
    expect(rotations).toHaveLength(8);
  });

  it.each<[string, SessionSnapshot | undefined, object]>([
    ['of no session is dead', undefined, { kind: 'dead' }],
    ['of an ended session is dead', row({ bound }, { live: false }), { kind: 'dead' }],
    ['newer than the row is a mismatch', row({ generation: 2 }), { kind: 'mismatch', ...named }],
    [
      'of a session that waits for a key is unproven',
      row({ registerBy: new Date() }),
      { kind: 'unproven', bound: 'dbsc', ...named },
    ],
    [
      'of a session that is bound is unproven, even if used',
      row({ bound, generation: 5 }),
      { kind: 'unproven', bound: 'dpop', ...named },
    ],
    [
      'replaced by a password change is superseded',
      row({ generation: 4 }, { rotatedAgoMs: 1, rotationCause: 'password' }),
      { kind: 'superseded', ...named },
    ],
  ])('%s, and nothing is ended', async (_, found, outcome) => {
    script.rotate = [missed(found)];
    script.read = found ? [] : [undefined];
    expect(await service().rotate(presented, client)).toEqual(outcome);
    expect(ended).toEqual([]);
  });

  it('of a bound session rotates with its own key alone', async () => {
    script.rotate = [missed(row({ bound })), { kind: 'rotated', ...state }, missed(row({ bound }))];
    const rotate = (provedKey: string) => service().rotate(presented, client, { provedKey });
    expect((await rotate('K')).kind).toBe('rotated');
    expect((await rotate('other')).kind).toBe('unproven');
  });

  it('of a session that is not bound may come with a proof', async () => {
    script.rotate = [missed(row()), { kind: 'rotated', ...state }];
    const rotating = service().rotate(presented, client, { provedKey: 'K' });
    expect(await rotating).toMatchObject({ kind: 'rotated' });
  });

  it('is read for by the service where the store did not', async () => {
    script.rotate = [missed()];
    script.read = [row({ generation: 9 })];
    script.endReused = { kind: 'ended', sessions: 1, entries: [], events: [] };
    expect((await service().rotate(presented, client)).kind).toBe('reused');
  });
});

describe('a used token', () => {
  it('ends what the options say, with the client that used it', async () => {
    const change = { sessions: 1, entries: [], events: [] };
    script.rotate = [missed(row({ generation: 5 }))];
    script.endReused = { kind: 'ended', ...change };
    const outcome = await service().rotate(presented, client);
    expect(outcome).toEqual({ ...change, kind: 'reused', ...named });
    expect(ended).toEqual([[sessionId, 'session', client]]);
  });

  it('is dead where the session had ended already', async () => {
    script.rotate = [missed(row({ generation: 5 }))];
    expect(await service().rotate(presented, client)).toEqual({ kind: 'dead' });
  });

  /** The row after the presented token was rotated a moment ago. */
  async function rotated(key?: RetryKey): Promise<{ after: SessionSnapshot; token: string }> {
    script.rotate = [{ kind: 'rotated', ...state }];
    const outcome = await service().rotate(presented, client, { key });
    const more = {
      tokenHash: rotations[0]?.nextHash,
      rotationNonce: rotations[0]?.nonce,
      rotationCause: 'refresh' as const,
      rotationKey: key?.hash ?? null,
      rotatedAgoMs: 5,
    };
    const token = 'refreshToken' in outcome ? outcome.refreshToken : '';
    return { after: row({ generation: 4 }, more), token };
  }

  it('within the leeway gives the same successor once more', async () => {
    const { after, token } = await rotated();
    script.rotate = [missed(after)];
    expect(await service().rotate(presented, client)).toMatchObject({
      kind: 'replayed',
      refreshToken: token,
      session: { id: sessionId, generation: 4 },
    });
  });

  it('with the key of its rotation gives the same successor, without leeway', async () => {
    const key = retryKey();
    const { after, token } = await rotated(key);
    script.rotate = [missed(after)];
    const again = await service({ reuseLeewayMs: 0 }).rotate(presented, client, { key });
    expect(again).toMatchObject({ kind: 'replayed', refreshToken: token });
  });

  it('with the key of a password change gives the token that was made from that key', async () => {
    const [key, nonce] = [retryKey(), randomBytes(16)];
    const next = successorSecret(ring.minting, nonce, sessionId, { kind: 'key', key });
    const more = {
      tokenHash: hashSecret(next),
      rotationNonce: nonce,
      rotationCause: 'password' as const,
      rotationKey: key.hash,
      rotatedAgoMs: 5,
    };
    script.rotate = [missed(row({ generation: 4 }, more))];
    expect(await service().rotate(presented, client, { key })).toMatchObject({
      kind: 'replayed',
      refreshToken: writeRefreshToken(ring.minting, sessionId, 4, next),
    });
  });

  it('whose successor cannot be made again is a mismatch, and ends nothing', async () => {
    const { after } = await rotated();
    script.rotate = [missed({ ...after, rotationNonce: randomBytes(16) })];
    expect(await service().rotate(presented, client)).toEqual({ kind: 'mismatch', ...named });
    expect(ended).toEqual([]);
  });
});

describe('a rotation without an answer', () => {
  const committed = () =>
    row({ generation: 4 }, { tokenHash: (rotations[0] as Rotation).nextHash });
  const unknown = { reason: 'unavailable', detail: 'the outcome of a rotation is not known' };
  const other = () => row({ generation: 4 }, { tokenHash: randomBytes(32) });

  it.each<[string, Answer<RotateOutcome>[], Answer<SessionSnapshot | undefined>[]]>([
    ['had committed', [away], [committed]],
    ['did not arrive: the second one does', [away, { kind: 'rotated', ...state }], [row()]],
    ['arrived between the read and the second one', [away, missed()], [row(), committed]],
  ])('%s', async (_, rotate, read) => {
    Object.assign(script, { rotate, read });
    const outcome = await service().rotate(presented, client);
    expect(outcome).toMatchObject({ kind: 'rotated', session: { id: sessionId } });
    const next = 'refreshToken' in outcome ? openRefreshToken(ring, outcome.refreshToken) : outcome;
    expect(next).toMatchObject({ kind: 'genuine', generation: 4 });
    expect(new Set(rotations).size).toBe(1);
  });

  it.each<[string, Answer<SessionSnapshot | undefined>]>([
    ['is gone', undefined],
    ['has ended, although by this rotation', () => ({ ...committed(), live: false })],
    ['has ended', row({}, { live: false })],
  ])('of a session that %s is dead', async (_, found) => {
    Object.assign(script, { rotate: [away], read: [found] });
    expect(await service().rotate(presented, client)).toEqual({ kind: 'dead' });
    expect(rotations).toHaveLength(1);
  });

  it.each<[string, Answer<RotateOutcome>[], Answer<SessionSnapshot | undefined>[]]>([
    ['another token is the newest', [away], [other]],
    ['another one is after the second', [away, missed()], [row(), other]],
    ['the session is gone after the second', [away, missed()], [row(), undefined]],
    [
      'it has ended after the second',
      [away, missed()],
      [row(), () => ({ ...committed(), live: false })],
    ],
  ])('is unavailable where %s: it is never a reuse', async (_, rotate, read) => {
    Object.assign(script, { rotate, read });
    await expect(service().rotate(presented, client)).rejects.toMatchObject(unknown);
    expect(ended).toEqual([]);
  });
});
