import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ApiKeyStore, NewApiKey } from '../../storage/api-key-store.port.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';
import { opened } from './session-subject.js';

export interface ApiKeyStoreSubject {
  readonly apiKeys: ApiKeyStore;
  /** The session store of the same database. */
  readonly sessions: SessionStore;
  /** A new user id. If the stores read users, it belongs to an existing user who is not disabled. */
  readonly newUser: () => Promise<string>;
  /** Moves the store's clock forward, or waits as long. */
  readonly pass: (ms: number) => Promise<void>;
}

const BY = { actorId: 'somebody' };

function newKey(subject: string, changes: Partial<NewApiKey> = {}): NewApiKey {
  const [id, hash] = [randomBytes(8).toString('hex'), randomBytes(32)];
  return { id, subject, name: 'deploy', hash, atMost: 100, ...changes };
}

async function made(it: ApiKeyStoreSubject, changes: Partial<NewApiKey> = {}) {
  const key = newKey(await it.newUser(), changes);
  assert.notEqual(await it.apiKeys.create(key, BY), 'too_many');
  return key;
}

const CASES: Readonly<Record<string, (subject: ApiKeyStoreSubject) => Promise<void>>> = {
  'finds a key only by its id and hash, with the counters of its owner': async (it) => {
    const { id, hash, subject } = await made(it, { permissions: ['a', 'b'] });
    const found = await it.apiKeys.use(id, hash);
    assert.deepEqual(found?.state, { tokenVersion: 1, epoch: 1 });
    assert.deepEqual([found?.key.subject, found?.key.permissions], [subject, ['a', 'b']]);
    assert.equal(await it.apiKeys.use(id, randomBytes(32)), undefined);
    assert.equal(await it.apiKeys.use('nobody', hash), undefined);
    await it.sessions.endAll(subject, 'logout_all', BY);
    assert.deepEqual((await it.apiKeys.read(id))?.state, { tokenVersion: 2, epoch: 2 });
  },

  'stores no key for a session that has ended or belongs to another user': async (it) => {
    const session = await opened({ ...it, store: it.sessions });
    const key = newKey(session.subject, { sessionId: session.id });
    assert.equal(typeof (await it.apiKeys.create(key, BY)), 'object');
    const stranger = newKey(await it.newUser(), { sessionId: session.id });
    assert.equal(await it.apiKeys.create(stranger, BY), 'superseded');
    await it.sessions.endOne(session.id, 'logout');
    assert.equal(
      await it.apiKeys.create(newKey(session.subject, { sessionId: session.id }), BY),
      'superseded',
    );
    assert.equal((await it.apiKeys.list(session.subject)).length, 1);
  },

  'stores the last use to the hour': async (it) => {
    const { id, hash, subject } = await made(it);
    assert.equal((await it.apiKeys.list(subject))[0]?.lastUsedAt, undefined);
    await it.apiKeys.use(id, hash);
    await it.apiKeys.use(id, hash);
    const lastUsedAt = (await it.apiKeys.list(subject))[0]?.lastUsedAt?.getTime() ?? 1;
    assert.equal(lastUsedAt % 3_600_000, 0);
  },

  'lists only the keys of the owner, oldest first': async (it) => {
    const first = await made(it);
    const second = newKey(first.subject, { name: 'second' });
    await it.apiKeys.create(second, BY);
    await made(it);
    assert.deepEqual(
      (await it.apiKeys.list(first.subject)).map(({ id }) => id),
      [first.id, second.id],
    );
  },

  'deletes a key only for its owner, once, and returns the ledger entry that refuses it elsewhere':
    async (it) => {
      const { id, hash, subject } = await made(it);
      assert.ok(await it.apiKeys.use(id, hash));
      assert.equal(await it.apiKeys.remove(await it.newUser(), id, BY), undefined);
      const change = await it.apiKeys.remove(subject, id, BY);
      assert.deepEqual(
        change?.entries.map(({ kind, id: of }) => [kind, of]),
        [['session', id]],
      );
      assert.deepEqual(change?.events, [
        { type: 'api_key.deleted', userId: subject, actorId: 'somebody', keyId: id },
      ]);
      assert.equal(await it.apiKeys.remove(subject, id, BY), undefined);
      assert.equal(await it.apiKeys.use(id, hash), undefined);
    },

  'adds no ledger entry for a deleted key that was never used': async (it) => {
    const { id, hash, subject } = await made(it);
    const change = await it.apiKeys.remove(subject, id, BY);
    assert.deepEqual([change?.entries, change?.events.length], [[], 1]);
    assert.equal(await it.apiKeys.use(id, hash), undefined);
  },

  'a key accepted during its deletion has a ledger entry that refuses it later': async (it) => {
    const { subject } = await made(it);
    const keys = Array.from({ length: 20 }, () => newKey(subject));
    for (const key of keys) await it.apiKeys.create(key, BY);
    const race = async ({ id, hash }: NewApiKey) => {
      const [found, change] = await Promise.all([
        it.apiKeys.use(id, hash),
        it.apiKeys.remove(subject, id, BY),
      ]);
      assert.ok(found === undefined || change?.entries.length === 1);
    };
    await Promise.all(keys.map(race));
  },

  'stores at most the allowed number of 20 simultaneous keys': async (it) => {
    const subject = await it.newUser();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => it.apiKeys.create(newKey(subject, { atMost: 3 }), BY)),
    );
    assert.equal(outcomes.filter((each) => each !== 'too_many').length, 3);
    assert.equal((await it.apiKeys.list(subject)).length, 3);
  },

  'removes expired keys': async (it) => {
    const { id, hash, subject } = await made(it, { ttlMs: 50, atMost: 1 });
    await it.pass(60);
    assert.equal(await it.apiKeys.use(id, hash), undefined);
    assert.deepEqual(await it.apiKeys.list(subject), []);
    assert.notEqual(await it.apiKeys.create(newKey(subject, { atMost: 1 }), BY), 'too_many');
    assert.ok((await it.apiKeys.removeExpired(100)) >= 1);
  },

  'a sign-out everywhere keeps the keys; deletion or claim of the account and a restore remove them':
    async (it) => {
      const [stays, goes, claimed] = [await made(it), await made(it), await made(it)];
      await it.sessions.endAll(stays.subject, 'logout_all', BY);
      await it.sessions.endAll(goes.subject, 'user_deleted', BY);
      const { events } = await it.sessions.endAll(claimed.subject, 'account_claimed', BY);
      const deleted = {
        type: 'api_key.deleted',
        userId: claimed.subject,
        ...BY,
        keyId: claimed.id,
      };
      assert.deepEqual(
        events.filter(({ type }) => type === 'api_key.deleted'),
        [deleted],
      );
      assert.ok(await it.apiKeys.use(stays.id, stays.hash));
      assert.equal(await it.apiKeys.use(goes.id, goes.hash), undefined);
      assert.equal(await it.apiKeys.use(claimed.id, claimed.hash), undefined);
      await it.sessions.endEverything(BY, 0);
      assert.equal(await it.apiKeys.use(stays.id, stays.hash), undefined);
    },
};

/** The requirements on every `ApiKeyStore`. */
export function apiKeyStoreConformance(
  subject: () => ApiKeyStoreSubject | Promise<ApiKeyStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
