import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { assertHolds } from './conformance-case.js';
import { DAY_MS, newSession, replacementOf, rotationOf } from './samples.js';
import { opened, type SessionStoreSubject } from './session-subject.js';

export const ENDING_CASES: Readonly<
  Record<string, (subject: SessionStoreSubject) => Promise<void>>
> = {
  'ending all ends every session, bumps both counters and leaves one ledger entry': async (it) => {
    const first = await opened(it);
    await opened(it, { subject: first.subject });
    const ended = await it.store.endAll(first.subject, 'logout_all');
    assert.equal(ended.sessions, 2);
    assert.equal(ended.entries.length, 1);
    assertHolds(ended.entries[0], { kind: 'user', id: first.subject, value: 2 });
    assert.deepEqual(await it.store.readSubject(first.subject), { tokenVersion: 2, epoch: 2 });
    assert.equal((await it.store.rotate(rotationOf(first))).kind, 'missed');
  },

  'a login that read the counters before they changed does not open a session': async (it) => {
    const subject = await it.newUser();
    await it.store.endAll(subject, 'logout_all');
    assert.equal((await it.store.open(newSession({ subject }))).kind, 'superseded');
    const expected = { tokenVersion: 2, epoch: 2 };
    assert.equal((await it.store.open(newSession({ subject, expected }))).kind, 'opened');
  },

  'no session of the old state survives a concurrent login and ending': async (it) => {
    for (let round = 0; round < 5; round++) {
      const session = newSession({ subject: await it.newUser() });
      await Promise.all([it.store.open(session), it.store.endAll(session.subject, 'logout_all')]);
      assert.deepEqual(await it.store.list(session.subject), []);
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
    }
  },

  'ending a session ends it once, and only for its owner': async (it) => {
    const session = await opened(it);
    assert.equal(
      await it.store.endOne(session.id, 'ended_by_user', { subject: await it.newUser() }),
      undefined,
    );
    const ended = await it.store.endOne(session.id, 'ended_by_user', { subject: session.subject });
    assertHolds(ended?.entries[0], { kind: 'session', id: session.id });
    assert.equal(await it.store.endOne(session.id, 'logout'), undefined);
    const another = await opened(it);
    const { id: sessionId, subject: userId } = another;
    assertHolds((await it.store.endOne(sessionId, 'logout'))?.events, [
      { type: 'session.ended', userId, actorId: userId, sessionId, reason: 'logout' },
    ]);
    assert.equal(await it.store.endOne(randomUUID(), 'logout'), undefined);
    assert.equal(await it.store.endOne('no uuid', 'logout'), undefined);
  },

  'ending the other sessions keeps the current one, which still rotates': async (it) => {
    const kept = await opened(it);
    const gone = await opened(it, { subject: kept.subject });
    const ended = await it.store.endOthers(kept.subject, kept.id, 'ended_by_user');
    assert.equal(ended.sessions, 1);
    assertHolds(ended.entries[0], { kind: 'session', id: gone.id });
    assert.deepEqual(await it.store.readSubject(kept.subject), { tokenVersion: 1, epoch: 2 });
    assert.equal((await it.store.rotate(rotationOf(gone))).kind, 'missed');
    assert.equal((await it.store.rotate(rotationOf(kept))).kind, 'rotated');
  },

  'reuse ends a live family once, and leaves ended sessions unchanged': async (it) => {
    const stolen = await opened(it);
    const bystander = await opened(it, { subject: stolen.subject });
    assertHolds(await it.store.endReused(stolen.id, 'family'), { kind: 'ended', sessions: 1 });
    assert.deepEqual(await it.store.endReused(stolen.id, 'user'), { kind: 'spared' });
    assert.equal((await it.store.list(stolen.subject)).length, 1);
    assertHolds(await it.store.endReused(bystander.id, 'user'), { kind: 'ended', sessions: 1 });
    assert.deepEqual(await it.store.readSubject(stolen.subject), { tokenVersion: 2, epoch: 2 });
    assert.deepEqual(await it.store.endReused(randomUUID(), 'user'), { kind: 'spared' });
  },

  'simultaneous logins never leave more sessions than the limit, and the oldest ones end': async (
    it,
  ) => {
    const subject = await it.newUser();
    const first = await opened(it, { subject, maxPerUser: 2 });
    await opened(it, { subject, maxPerUser: 2 });
    await Promise.all(Array.from({ length: 8 }, () => opened(it, { subject, maxPerUser: 2 })));
    const left = await it.store.list(subject);
    assert.equal(left.length, 2);
    assert.ok(left.every(({ id }) => id !== first.id));
  },

  'a password change keeps its session under a new secret and ends the others': async (it) => {
    const mine = await opened(it);
    const other = await opened(it, { subject: mine.subject });
    const replacement = replacementOf(mine);
    const outcome = await it.store.replaceAndEndOthers(replacement, {});
    assertHolds(outcome, { kind: 'replaced', subject: { tokenVersion: 2, epoch: 2 } });
    assert.deepEqual(
      (await it.store.list(mine.subject)).map(({ id }) => id),
      [mine.id],
    );
    for (const session of [mine, other])
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
    const successor = { generation: 2, presentedHash: replacement.nextHash };
    assert.equal((await it.store.rotate(rotationOf(mine, successor))).kind, 'rotated');
    assert.deepEqual(await it.store.replaceAndEndOthers(replacement, {}), { kind: 'superseded' });
    assert.deepEqual(await it.store.readSubject(mine.subject), { tokenVersion: 2, epoch: 2 });
  },

  'a failure of the host’s work rolls back the whole change': async (it) => {
    const session = await opened(it);
    const refusal = new Error('the host says no');
    const alongside = { work: () => Promise.reject(refusal) };
    for (const change of [
      () => it.store.replaceAndEndOthers(replacementOf(session), alongside),
      () => it.store.endAll(session.subject, 'user_disabled', alongside),
      () => it.store.bumpVersion(session.subject, alongside),
    ])
      await assert.rejects(change, { message: refusal.message });
    assert.deepEqual(await it.store.readSubject(session.subject), { tokenVersion: 1, epoch: 1 });
    assert.equal((await it.store.rotate(rotationOf(session))).kind, 'rotated');
  },

  'every change causes one event, which names the actor': async (it) => {
    const first = await opened(it, { maxPerUser: 1, knownDevice: true });
    const { subject: userId } = first;
    const by = { actorId: 'the admin' };
    const second = newSession({ subject: userId, maxPerUser: 1 });
    const outcome = await it.store.open(second);
    assertHolds(outcome.kind === 'opened' && outcome.events, [
      { type: 'session.ended', userId, sessionId: first.id, reason: 'limit' },
      { type: 'login.succeeded', userId, sessionId: second.id, knownDevice: false },
    ]);
    const replaced = await it.store.replace({ ...replacementOf(second), cause: 'reauthenticate' });
    assertHolds(replaced.kind === 'replaced' && replaced.events, [
      { type: 'reauthenticated', userId, actorId: userId, sessionId: second.id },
    ]);
    assertHolds((await it.store.bumpVersion(userId, by)).events, [
      { type: 'token_version.bumped', userId, ...by },
    ]);
    assertHolds((await it.store.endOthers(userId, second.id, 'ended_by_user')).events, [
      { type: 'sessions.ended', userId, actorId: userId, count: 0, reason: 'ended_by_user' },
    ]);
    const client = { ip: '192.0.2.7', userAgent: 'of the thief' };
    const reused = await it.store.endReused(second.id, 'user', client);
    assertHolds(reused.kind === 'ended' && reused.events, [
      { type: 'refresh.reused', userId, sessionId: second.id, sessionsEnded: 1, ...client },
    ]);
    assertHolds((await it.store.endAll(userId, 'password_changed', by)).events, [
      { type: 'sessions.ended', userId, ...by, count: 0, reason: 'password_changed' },
      { type: 'password.changed', userId, ...by },
    ]);
  },

  'clean-up removes only sessions that ended long ago, in pages': async (it) => {
    const live = await opened(it);
    const over = { idleTtlMs: -31 * DAY_MS };
    const doomed = await Promise.all(Array.from({ length: 9 }, () => opened(it, over)));
    const fresh = await opened(it, { idleTtlMs: -DAY_MS });
    let cursor: string | undefined;
    do ({ cursor } = await it.store.removeExpired(30 * DAY_MS, 4, cursor));
    while (cursor);
    for (const { id } of doomed) assert.equal(await it.store.read(id), undefined);
    for (const { id } of [live, fresh]) assert.equal((await it.store.read(id))?.session.id, id);
  },
};
