import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { assertHolds } from './conformance-case.js';
import { newSession, replacementOf, rotationOf } from './samples.js';
import { opened, type SessionStoreSubject } from './session-subject.js';

const FIRST = { tokenVersion: 1, epoch: 1 };

export const ACTING_CASES: Readonly<
  Record<string, (subject: SessionStoreSubject) => Promise<void>>
> = {
  'an actor is stored with the session, named in its events, and counted separately from the user’s own sessions':
    async (it) => {
      const actor = await it.newUser();
      const by = { actor: { id: actor, expected: FIRST }, maxPerUser: 1 };
      const own = await opened(it, { maxPerUser: 1 });
      const { subject } = own;
      const first = newSession({ subject, ...by });
      const outcome = await it.store.open(first);
      assertHolds(outcome.kind === 'opened' && outcome.events, [
        { type: 'login.succeeded', userId: subject, actorId: actor, sessionId: first.id },
      ]);
      assert.ok(outcome.kind === 'opened');
      assert.deepEqual(outcome.session.actor, { id: actor });
      const again = await it.store.open(newSession({ subject, ...by }));
      assertHolds(again.kind === 'opened' && again.events[0], {
        type: 'session.ended',
        userId: subject,
        actorId: actor,
        sessionId: first.id,
        reason: 'limit',
      });
      const left = await it.store.list(subject);
      assert.deepEqual(left.map((each) => each.actor?.id ?? 'own').sort(), [actor, 'own'].sort());
      const acting = left.find((each) => each.actor)?.id ?? '';
      assertHolds((await it.store.endOne(acting, 'logout'))?.events, [
        { type: 'session.ended', userId: subject, actorId: actor, reason: 'logout' },
      ]);
      const stolen = await opened(it, { subject, ...by });
      const reused = await it.store.endReused(stolen.id, 'family');
      assertHolds(reused.kind === 'ended' && reused.events, [
        { type: 'refresh.reused', actorId: actor },
      ]);
    },

  'a bump of a user’s version ends the sessions in which the user acts as others, at once': async (
    it,
  ) => {
    for (const change of [
      (id: string) => it.store.endAll(id, 'user_disabled'),
      (id: string) => it.store.bumpVersion(id),
      (id: string) => it.store.unproveOthers(id, randomUUID()),
      async (id: string) => {
        const own = await opened(it, { subject: id });
        const outcome = await it.store.replaceAndEndOthers(replacementOf(own), {});
        assert.ok(outcome.kind === 'replaced');
        return outcome;
      },
      async (id: string) => {
        const own = await opened(it, { subject: id });
        const outcome = await it.store.endReused(own.id, 'user');
        assert.ok(outcome.kind === 'ended');
        return outcome;
      },
    ]) {
      const actor = await it.newUser();
      const bystander = await opened(it);
      const acting = await opened(it, { actor: { id: actor, expected: FIRST } });
      const { entries, events } = await change(actor);
      assert.equal(
        entries.filter(({ kind, id }) => kind === 'session' && id === acting.id).length,
        1,
      );
      assertHolds(events.at(-1), {
        type: 'session.ended',
        userId: acting.subject,
        actorId: actor,
        sessionId: acting.id,
        reason: 'actor_ended',
      });
      assert.equal((await it.store.rotate(rotationOf(acting))).kind, 'missed');
      assert.equal((await it.store.rotate(rotationOf(bystander))).kind, 'rotated');
      assert.deepEqual(await it.store.readSubject(acting.subject), FIRST);
    }
  },

  'whoever ends the other sessions ends those in which they act as others, and each is told of':
    async (it) => {
      const own = await opened(it);
      const { subject: actorId } = own;
      const acting = await opened(it, { actor: { id: actorId, expected: FIRST } });
      const ended = await it.store.endOthers(actorId, own.id, 'ended_by_user');
      assertHolds(ended.entries, [{ kind: 'session', id: acting.id }]);
      const { id: sessionId, subject: userId } = acting;
      assertHolds(ended.events, [
        { type: 'sessions.ended', userId: actorId, actorId, reason: 'ended_by_user' },
        { type: 'session.ended', userId, actorId, sessionId, reason: 'actor_ended' },
      ]);
      assert.equal((await it.store.rotate(rotationOf(acting))).kind, 'missed');
    },

  'a right to act that was removed meanwhile cannot be used, in any commit order': async (it) => {
    const late = await it.newUser();
    await it.store.bumpVersion(late);
    const actor = { id: late, expected: FIRST };
    const subject = await it.newUser();
    assert.equal((await it.store.open(newSession({ subject, actor }))).kind, 'superseded');
    for (let round = 0; round < 5; round++) {
      const racing = { id: await it.newUser(), expected: FIRST };
      const session = newSession({ subject, actor: racing });
      await Promise.all([it.store.open(session), it.store.bumpVersion(racing.id)]);
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
    }
  },

  'concurrent endings of a user and of an actor, and an opening, leave no session': async (it) => {
    const [subject, actor] = [await it.newUser(), await it.newUser()];
    for (let round = 0; round < 4; round++) {
      const [of, by] = [await it.store.readSubject(subject), await it.store.readSubject(actor)];
      const acting = { subject, expected: of, actor: { id: actor, expected: by } };
      for (let n = 0; n < 6; n++) await opened(it, acting);
      await Promise.all([
        it.store.endAll(subject, 'logout_all'),
        it.store.bumpVersion(actor),
        it.store.open(newSession(acting)),
      ]);
      assert.deepEqual(await it.store.list(subject), []);
    }
  },
};
