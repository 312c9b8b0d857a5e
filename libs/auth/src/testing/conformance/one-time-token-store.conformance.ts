import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { EndReason } from '../../storage/end-reason.js';
import type {
  NewOneTimeToken,
  OneTimeTokenStore,
  TokenOwner,
} from '../../storage/one-time-token-store.port.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';
import { newSession, replacementOf } from './samples.js';
import { opened } from './session-subject.js';

export interface OneTimeTokenStoreSubject {
  readonly tokens: OneTimeTokenStore;
  /** The session store of the same database. */
  readonly sessions: SessionStore;
  readonly newUser: () => Promise<string>;
}

const KIND = 'a_kind';
const HOUR_MS = 3_600_000;
/** The clock may be a real one. */
const OVER_MS = -1_000;

const ownerOf = (subject: string, changes: Partial<TokenOwner> = {}): TokenOwner => ({
  subject,
  epoch: 1,
  diesWith: 'credentials',
  atMost: 1,
  ...changes,
});

/** Issues a token, for a new user unless `changes` name an owner. */
async function issued(
  { tokens, newUser }: OneTimeTokenStoreSubject,
  changes: Partial<NewOneTimeToken> = {},
): Promise<NewOneTimeToken & { readonly owner: TokenOwner }> {
  const owner = changes.owner ?? ownerOf(await newUser());
  const sample = { hash: randomBytes(32), kind: KIND, data: { n: 1 }, ttlMs: HOUR_MS };
  const token = { ...sample, ...changes, owner };
  assert.equal(await tokens.issue(token), 'issued');
  return token;
}

const isLive = async ({ tokens }: OneTimeTokenStoreSubject, { kind, hash }: NewOneTimeToken) =>
  (await tokens.read(kind, hash)) !== undefined;

async function diesBy(
  it: OneTimeTokenStoreSubject,
  reason: EndReason,
  tokenDies: boolean,
): Promise<void> {
  const subject = await it.newUser();
  const token = await issued(it, { owner: ownerOf(subject) });
  const ofSessions = { owner: ownerOf(subject, { diesWith: 'sessions' }), kind: 'of_sessions' };
  const ticket = await issued(it, ofSessions);
  const another = await issued(it);
  await it.sessions.endAll(subject, reason);
  assert.equal(await isLive(it, token), !tokenDies, `${reason}: the token`);
  for (const use of [it.tokens.attempt, it.tokens.redeem])
    assert.equal(
      await use.call(it.tokens, ticket.kind, ticket.hash),
      undefined,
      `${reason}: the ticket`,
    );
  assert.equal(await isLive(it, another), true);
}

const CASES: Readonly<Record<string, (subject: OneTimeTokenStoreSubject) => Promise<void>>> = {
  'returns what was stored, with the counters of its owner': async (it) => {
    const data = { email: 'é@example.com', nested: { list: [1, null, true] } };
    const { kind, hash, owner } = await issued(it, { data });
    const expected = {
      owner: { subject: owner.subject, state: { tokenVersion: 1, epoch: 1 } },
      data,
    };
    assert.deepEqual(await it.tokens.read(kind, hash), expected);
    assert.deepEqual(await it.tokens.redeem(kind, hash), expected);
  },

  'is spent by exactly one of twenty uses, and never by another kind or hash': async (it) => {
    const { kind, hash } = await issued(it);
    assert.equal(await it.tokens.redeem('another_kind', hash), undefined);
    assert.equal(await it.tokens.redeem(kind, randomBytes(32)), undefined);
    const uses = await Promise.all(Array.from({ length: 20 }, () => it.tokens.redeem(kind, hash)));
    assert.equal(uses.filter(Boolean).length, 1);
    for (const use of [it.tokens.read, it.tokens.attempt, it.tokens.redeem])
      assert.equal(await use.call(it.tokens, kind, hash), undefined);
  },

  'allows as many of twenty attempts as its limit, and can still be spent after the last': async (
    it,
  ) => {
    const { kind, hash } = await issued(it, { tries: 5 });
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => it.tokens.attempt(kind, hash)),
    );
    assert.equal(attempts.filter(Boolean).length, 5);
    assert.equal((await it.tokens.redeem(kind, hash)) === undefined, false);
  },

  expires: async (it) => {
    const { kind, hash } = await issued(it, { ttlMs: OVER_MS });
    for (const use of [it.tokens.read, it.tokens.attempt, it.tokens.redeem])
      assert.equal(await use.call(it.tokens, kind, hash), undefined);
  },

  'keeps the newest tokens of a kind and owner, up to the limit': async (it) => {
    const owner = ownerOf(await it.newUser());
    const [first, otherKind] = [
      await issued(it, { owner }),
      await issued(it, { owner, kind: 'another' }),
    ];
    const second = await issued(it, { owner });
    const alive = await Promise.all([first, second, otherKind].map((each) => isLive(it, each)));
    assert.deepEqual(alive, [false, true, true]);
    await issued(it, { owner: { ...owner, atMost: 2 } });
    assert.equal(await isLive(it, second), true);
  },

  'is not issued if the sessions of its owner were ended meanwhile': async (it) => {
    const subject = await it.newUser();
    await it.sessions.endAll(subject, 'password_changed');
    const token = { hash: randomBytes(32), kind: KIND, data: {}, ttlMs: HOUR_MS };
    assert.equal(await it.tokens.issue({ ...token, owner: ownerOf(subject) }), 'superseded');
    assert.equal(await it.tokens.read(KIND, token.hash), undefined);
  },

  'without an owner is not bound to a user': async (it) => {
    const token = { hash: randomBytes(32), kind: KIND, data: { challenge: 'x' }, ttlMs: HOUR_MS };
    assert.equal(await it.tokens.issue(token), 'issued');
    assert.deepEqual(await it.tokens.redeem(KIND, token.hash), { data: token.data });
  },

  'a value that is stored once is new for one of twenty uses, and can be read and redeemed': async (
    it,
  ) => {
    const use = { hash: randomBytes(32), kind: KIND, data: { n: 1 }, ttlMs: HOUR_MS };
    const uses = await Promise.all(Array.from({ length: 20 }, () => it.tokens.once(use)));
    assert.deepEqual(uses.sort(), [...Array.from({ length: 19 }, () => 'again'), 'first']);
    assert.equal(await it.tokens.once({ ...use, hash: randomBytes(32) }), 'first');
    assert.deepEqual(await it.tokens.read(KIND, use.hash), { data: { n: 1 } });
    assert.deepEqual(await it.tokens.redeem(KIND, use.hash), { data: { n: 1 } });
    assert.equal(await it.tokens.once(use), 'first');
  },

  'a value whose time is over is new again, though nobody has cleaned up, for one of twenty uses':
    async (it) => {
      const old = { hash: randomBytes(32), kind: KIND, data: { n: 1 }, ttlMs: OVER_MS };
      assert.equal(await it.tokens.once(old), 'first');
      const use = { ...old, kind: 'another', data: { n: 2 }, ttlMs: HOUR_MS };
      const uses = await Promise.all(Array.from({ length: 20 }, () => it.tokens.once(use)));
      assert.deepEqual(uses.sort(), [...Array.from({ length: 19 }, () => 'again'), 'first']);
      assert.equal(await it.tokens.read(KIND, use.hash), undefined);
      assert.deepEqual(await it.tokens.redeem('another', use.hash), { data: { n: 2 } });
    },

  'the greatest of twenty marks is kept, and one whose time is over does not count': async (it) => {
    const mark = { hash: randomBytes(32), kind: KIND, ttlMs: HOUR_MS };
    await it.tokens.keepGreatest({ ...mark, at: 1_000, ttlMs: OVER_MS });
    assert.equal(await it.tokens.read(KIND, mark.hash), undefined);
    const marks = Array.from({ length: 20 }, (_, n) => ({ ...mark, at: 100 + ((n * 7) % 20) }));
    await Promise.all(marks.map((each) => it.tokens.keepGreatest(each)));
    assert.deepEqual(await it.tokens.read(KIND, mark.hash), { data: { at: 119 } });
    await it.tokens.keepGreatest({ ...mark, at: 9 });
    assert.deepEqual(await it.tokens.read(KIND, mark.hash), { data: { at: 119 } });
  },

  'is invalid after a password change of its owner': async (it) => {
    const session = await opened(sessionsOf(it));
    const token = await issued(it, { owner: ownerOf(session.subject) });
    await it.sessions.replaceAndEndOthers(replacementOf(session), {});
    assert.equal(await isLive(it, token), false);
  },

  'is invalid after its owner is disabled, deleted or gets a new password': async (it) => {
    for (const reason of [
      'password_changed',
      'account_claimed',
      'user_disabled',
      'user_deleted',
    ] as const)
      await diesBy(it, reason, true);
  },

  'survives the end of all sessions unless it is bound to them': async (it) => {
    for (const reason of ['logout_all', 'ended_by_host'] as const) await diesBy(it, reason, false);
  },

  'is removed with all other tokens of its owner': async (it) => {
    const [token, another] = [await issued(it), await issued(it)];
    await it.tokens.removeOf(token.owner.subject);
    assert.deepEqual([await isLive(it, token), await isLive(it, another)], [false, true]);
  },

  'is spent only if its transaction commits': async (it) => {
    const { kind, hash, owner } = await issued(it);
    const spend = async (tx: object) =>
      assert.ok((await it.tokens.redeem(kind, hash, { tx })) !== undefined, 'it was not there');
    const failing = it.sessions.endAll(owner.subject, 'logout_all', {
      work: async (tx) => {
        await spend(tx);
        throw new Error('rolled back');
      },
    });
    await assert.rejects(failing, { message: 'rolled back' });
    await it.sessions.endAll(owner.subject, 'logout_all', { work: spend });
    assert.equal(await it.tokens.read(kind, hash), undefined);
  },

  'is spent together with the session that it opens, or not at all': async (it) => {
    const { kind, hash, owner } = await issued(it);
    const spend = async (tx: object) => void (await it.tokens.redeem(kind, hash, { tx }));
    const session = newSession({ subject: owner.subject });
    const late = { ...session, expected: { tokenVersion: 2, epoch: 1 } };
    assert.deepEqual(await it.sessions.open(late, { work: spend }), { kind: 'superseded' });
    const failing = it.sessions.open(session, {
      work: async (tx) => {
        await spend(tx);
        throw new Error('rolled back');
      },
    });
    await assert.rejects(failing, { message: 'rolled back' });
    assert.deepEqual(await it.sessions.list(owner.subject), []);
    assert.equal((await it.tokens.read(kind, hash)) === undefined, false);
    assert.equal((await it.sessions.open(session, { work: spend })).kind, 'opened');
    assert.equal(await it.tokens.read(kind, hash), undefined);
  },

  'is spent together with the work that it was given for, or neither is done': async (it) => {
    const { kind, hash } = await issued(it);
    const used = await issued(it);
    const marks = async () =>
      (await Promise.all([hash, used.hash].map((each) => it.tokens.read(kind, each)))).map(Boolean);
    // the other token stands for what the work changes
    const work = async (tx: object) => void (await it.tokens.redeem(kind, used.hash, { tx }));
    const dead = randomBytes(32);
    assert.equal(await it.tokens.redeem(kind, dead, { work }), undefined);
    assert.deepEqual(await marks(), [true, true]);
    const failing = async (tx: object) => {
      await work(tx);
      throw new Error('not done');
    };
    await assert.rejects(it.tokens.redeem(kind, hash, { work: failing }), { message: 'not done' });
    assert.deepEqual(await marks(), [true, true]);
    assert.deepEqual((await it.tokens.redeem(kind, hash, { work }))?.data, { n: 1 });
    assert.deepEqual(await marks(), [false, false]);
  },

  'is removed after it expired, a page at a time': async (it) => {
    while ((await it.tokens.removeExpired(100)) > 0);
    await Promise.all(Array.from({ length: 3 }, () => issued(it, { ttlMs: OVER_MS })));
    const live = await issued(it);
    const removed = [await it.tokens.removeExpired(2), await it.tokens.removeExpired(2)];
    assert.deepEqual(removed, [2, 1]);
    assert.equal(await isLive(it, live), true);
  },
};

const sessionsOf = ({ sessions: store, newUser }: OneTimeTokenStoreSubject) => ({ store, newUser });

/** The requirements on every `OneTimeTokenStore`, together with the session store of its database. */
export function oneTimeTokenStoreConformance(
  subject: () => OneTimeTokenStoreSubject | Promise<OneTimeTokenStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
