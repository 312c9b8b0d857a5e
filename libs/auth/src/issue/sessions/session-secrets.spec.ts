import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { Session, SessionSnapshot } from '../../storage/session.js';
import type {
  Alongside,
  Replacement,
  ReplaceOutcome,
  SessionStore,
} from '../../storage/session-store.port.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, writeRefreshToken } from './refresh-token.js';
import { readRetryKey, type RetryKey } from './retry-key.js';
import {
  type OpenSessionInput,
  type ReplaceSecretInput,
  SessionService,
} from './session.service.js';
import type { Work } from './work-together.js';
import { successorSecret } from './successor.js';

const ring = RefreshSecrets.parse([`p:${randomBytes(32).toString('base64url')}`]);
const sessionId = randomUUID();
const secret = randomBytes(32);
const [MINUTE, WINDOW] = [60_000, 15 * 60_000];
const expected = { tokenVersion: 1, epoch: 1 };
const key = readRetryKey('k'.repeat(22)) as RetryKey;
const stranger = readRetryKey('s'.repeat(22)) as RetryKey;
const change = { entries: [], events: [] };
const row = (generation: number, more: Partial<Session> = {}) =>
  ({ id: sessionId, subject: 'u', generation, ...more }) as Session;
const TRANSACTION = {};
const token = (generation: number, of = secret, id = sessionId) =>
  writeRefreshToken(ring.minting, id, generation, of);

let stored: { readonly replacement: Replacement }[];
let outcome: ReplaceOutcome;
let found: SessionSnapshot | undefined;
beforeEach(() => {
  stored = [];
  outcome = { kind: 'replaced', session: row(4), subject: expected, ...change };
  found = undefined;
});
const replace = async (replacement: Replacement, { work }: Alongside) => {
  if (outcome.kind === 'replaced') await work?.(TRANSACTION);
  stored.push({ replacement });
  return outcome;
};
const store = {
  open: async (session: { readonly tokenHash: Buffer }, { work }: Pick<Alongside, 'work'>) => {
    if (outcome.kind === 'superseded') return outcome;
    await work?.(TRANSACTION);
    return { kind: 'opened', session: row(1), ...change, opened: session };
  },
  replace,
  replaceAndEndOthers: replace,
  read: () => Promise.resolve(found),
} as unknown as SessionStore;
const service = (retryWindowMs = WINDOW) =>
  new SessionService(
    store,
    ring,
    {
      refreshToken: { ttlMs: 5, rememberMeTtlMs: 9, retryWindowMs },
    } as unknown as ResolvedAuthOptions,
    new SystemEntropy(),
  );
const authTime = new Date();
const input = (more: Partial<ReplaceSecretInput> = {}): ReplaceSecretInput => ({
  sessionId,
  subject: 'u',
  expected,
  amr: ['pwd'],
  authTime,
  ...more,
});
/** The secret in a token that was handed out. */
function secretOf(handedOut: object): Buffer {
  const opened = service().inspect(Reflect.get(handedOut, 'refreshToken') as string);
  if (opened.kind !== 'genuine') throw new Error('not a token of ours');
  expect(opened.sessionId).toBe(sessionId);
  return opened.secret;
}

it('a session opens with a random secret, of which the store gets the hash alone', async () => {
  const given = { ...input(), maxPerUser: 1 } as unknown as OpenSessionInput;
  const client = { ip: '192.0.2.1', userAgent: 'browser', tenant: 'not stored from here' };
  const both = [await service().open(given, client), await service().open(given, client)];
  const secrets = both.map((each) => secretOf(each));
  expect(secrets[0]).toHaveLength(32);
  expect(secrets[0]).not.toEqual(secrets[1]);
  both.forEach((each, at) => {
    const tokenHash = hashSecret(secrets[at] as Buffer);
    const sent = { ...given, id: sessionId, tokenHash, ip: '192.0.2.1', userAgent: 'browser' };
    expect(each).toHaveProperty('opened', sent);
  });
});

it('a session opens together with the work that was given, or not at all', async () => {
  const given = { ...input(), maxPerUser: 1 } as unknown as OpenSessionInput;
  const work = jest.fn<Work>().mockResolvedValue(undefined);
  await service().open(given, {}, work);
  expect(work.mock.calls).toEqual([[TRANSACTION]]);
  outcome = { kind: 'superseded' };
  expect(await service().open(given, {}, work)).toEqual({ kind: 'superseded' });
  expect(work).toHaveBeenCalledTimes(1);
});

describe('a secret that is replaced', () => {
  it.each(['reauthenticate', 'password'] as const)('says why: %s', async (cause) => {
    const work = jest.fn<Work>().mockResolvedValue(undefined);
    const answer =
      cause === 'password'
        ? await service().passwordChanged(input({ presented: token(3) }), work)
        : await service().reauthenticated(input({ presented: token(3) }), work);
    const replacement = {
      sessionId,
      subject: 'u',
      expected,
      amr: ['pwd'],
      authTime,
      cause,
      presented: { generation: 3, hash: hashSecret(secret) },
      retry: undefined,
      nextHash: hashSecret(secretOf(answer)),
      ttlMs: 5,
      rememberMeTtlMs: 9,
    };
    expect(stored).toEqual([{ replacement }]);
    expect(work.mock.calls).toEqual([[TRANSACTION]]);
    expect(answer).toMatchObject({ ...outcome });
  });

  it('is random without a key, and needs no refresh token', async () => {
    const secrets = [];
    for (const _ of ['first', 'second'])
      secrets.push(secretOf(await service().reauthenticated(input())));
    expect(secrets[0]).not.toEqual(secrets[1]);
    expect(stored[0]?.replacement.presented).toBeUndefined();
  });

  it.each([
    ['the presented token', token(3), { kind: 'token', secret } as const],
    ['the key, if none was presented', undefined, { kind: 'key', key } as const],
  ])('with a key is derived from %s', async (_, presented, source) => {
    const answer = await service().reauthenticated(input({ presented, key }));
    const { nonce = Buffer.alloc(0), keyHash } = stored[0]?.replacement.retry ?? {};
    expect([keyHash, nonce.length]).toEqual([key.hash, 16]);
    expect(secretOf(answer)).toEqual(successorSecret(ring.minting, nonce, sessionId, source));
  });

  it.each([
    ['of another session', token(3, secret, randomUUID())],
    ['that is junk', 'junk'],
    ['that nobody signed', `${token(3).slice(0, -2)}AA`],
  ])('refuses a refresh token %s, and keeps the cookies', async (_, presented) => {
    await expect(service().reauthenticated(input({ presented }))).rejects.toMatchObject({
      reason: 'token_refused',
      detail: 'the refresh token is not of the session of the access token',
      extra: { cookies: 'keep' },
    });
    expect(stored).toEqual([]);
  });

  it('is refused where the state moved meanwhile', async () => {
    outcome = { kind: 'superseded' };
    found = repeated();
    const work: Work = () => Promise.resolve();
    expect(await service().passwordChanged(input({ key }), work)).toEqual(outcome);
    expect(await service().reauthenticated(input(), work)).toEqual(outcome);
  });
});

const NONCE = randomBytes(16);
/** The row after a rotation with the key, from the token of generation 3. */
function repeated(more: Partial<SessionSnapshot> = {}, of: 'token' | 'key' = 'token') {
  const source =
    of === 'token' ? ({ kind: 'token', secret } as const) : ({ kind: of, key } as const);
  return {
    session: row(4),
    subject: expected,
    tokenHash: hashSecret(successorSecret(ring.minting, NONCE, sessionId, source)),
    rotationNonce: NONCE,
    rotationCause: 'reauthenticate',
    rotationKey: key.hash,
    rotatedAgoMs: MINUTE,
    live: true,
    ...more,
  } as SessionSnapshot;
}

describe('a reauthentication that is repeated with its key', () => {
  beforeEach(() => {
    outcome = { kind: 'superseded' };
  });
  const again = (more: Partial<ReplaceSecretInput> = {}) =>
    service().reauthenticated(input({ presented: token(3), key, ...more }));

  it.each<[string, 'token' | 'key', string | undefined]>([
    ['the token that it replaced', 'token', token(3)],
    ['no token, as before', 'key', undefined],
    ['a token, where the first had none', 'key', token(3)],
  ])('gets its answer again, and nothing is announced twice: with %s', async (_, of, presented) => {
    found = repeated({}, of);
    const answer = await again({ presented });
    expect(answer).toMatchObject({ kind: 'replaced', session: row(4), ...change });
    expect(hashSecret(secretOf(answer))).toEqual(found.tokenHash);
  });

  it.each<[string, () => SessionSnapshot | undefined, Partial<ReplaceSecretInput>]>([
    ['without the key', repeated, { key: undefined }],
    ['with another key', repeated, { key: stranger }],
    ['of a session that is gone', () => undefined, {}],
    ['of a session that has ended', () => repeated({ live: false }), {}],
    ['by another user', repeated, { subject: 'x' }],
    ['after the window', () => repeated({ rotatedAgoMs: WINDOW + 1 }), {}],
    ['with a token before the one that it replaced', repeated, { presented: token(2) }],
    ['with its own successor', repeated, { presented: token(4) }],
    ['with another secret', repeated, { presented: token(3, randomBytes(32)) }],
    ['without the token that it replaced', repeated, { presented: undefined }],
    ['after a later rotation', () => repeated({ tokenHash: hashSecret(secret) }), {}],
  ])('is refused %s', async (_, row, more) => {
    found = row();
    expect(await again(more)).toEqual({ kind: 'superseded' });
  });

  it('is refused where repeats are off', async () => {
    found = repeated({ rotatedAgoMs: 0 });
    const off = service(0).reauthenticated(input({ presented: token(3), key }));
    expect(await off).toEqual({ kind: 'superseded' });
  });
});
