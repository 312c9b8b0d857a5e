import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { ACTING_CASES } from './acting-sessions.conformance.js';
import { assertHolds, casesFor, type ConformanceCase } from './conformance-case.js';
import { ENDING_CASES } from './session-endings.conformance.js';
import {
  DAY_MS,
  deviceUseOf,
  newSession,
  registrationOf,
  replacementOf,
  rotationOf,
} from './samples.js';
import { opened, type SessionStoreSubject } from './session-subject.js';
import { TOKEN_VERSION_CASES } from './token-version.conformance.js';

const ROTATION_CASES: Readonly<Record<string, (subject: SessionStoreSubject) => Promise<void>>> = {
  'stores the details that the list of sessions shows': async (it) => {
    const claims = { shop: { id: 7 }, odd: '\0\ud800' };
    const how = { persistent: true, amr: ['pwd', 'o"t,p'], transport: 'hybrid' } as const;
    const session = await opened(it, { ...how, claims });
    const [listed, ...more] = await it.store.list(session.subject);
    assert.equal(more.length, 0);
    const { id, subject, persistent, amr, transport } = session;
    assertHolds(listed, {
      id,
      subject,
      persistent,
      amr,
      transport,
      generation: 1,
      claims,
      ip: '203.0.113.7',
      userAgent: 'spec',
    });
    assert.equal(await it.store.read(randomUUID()), undefined);
    const rotated = await it.store.rotate(rotationOf(session));
    assert.deepEqual(rotated.kind === 'rotated' && rotated.session.claims, claims);
    assert.equal((await it.store.read((await opened(it)).id))?.session.claims, null);
  },

  'stores an invalid address as none, and an address without its scope': async (it) => {
    for (const [given, kept] of [
      ['nonsense', null],
      ['fe80::1%eth0', 'fe80::1'],
      ['', null],
    ] as const) {
      const { subject } = await opened(it, { ip: given });
      assert.equal((await it.store.list(subject))[0]?.ip, kept);
    }
  },

  'exactly one of 20 simultaneous uses of a token rotates': async (it) => {
    const session = await opened(it);
    const uses = await Promise.all(
      Array.from({ length: 20 }, () => it.store.rotate(rotationOf(session))),
    );
    assert.equal(uses.filter(({ kind }) => kind === 'rotated').length, 1);
  },

  'rotates only the current generation with the right hash': async (it) => {
    const session = await opened(it);
    for (const wrong of [
      { generation: 2 },
      { generation: 0 },
      { presentedHash: randomBytes(32) },
      { sessionId: randomUUID() },
    ])
      assert.equal((await it.store.rotate(rotationOf(session, wrong))).kind, 'missed');
    const rotation = rotationOf(session);
    const outcome = await it.store.rotate(rotation);
    assertHolds(outcome, { kind: 'rotated', subject: { tokenVersion: 1, epoch: 1 } });
    assert.equal(outcome.kind === 'rotated' && outcome.session.generation, 2);
    assert.equal((await it.store.rotate(rotation)).kind, 'missed');
  },

  'a fresh read returns the cause of the last rotation': async (it) => {
    const session = await opened(it);
    assertHolds(await it.store.read(session.id), {
      live: true,
      rotationCause: null,
      rotationNonce: null,
      rotatedAgoMs: null,
    });
    const rotation = rotationOf(session);
    await it.store.rotate(rotation);
    const read = await it.store.read(session.id);
    assert.equal(read?.rotationCause, 'refresh');
    assert.deepEqual(read.rotationNonce, rotation.nonce);
    assert.deepEqual(Buffer.from(read.tokenHash), rotation.nextHash);
    assert.ok(read.rotatedAgoMs !== null && read.rotatedAgoMs >= 0);
  },

  'keeps only the retry key of the last rotation, and lets a key replace once': async (it) => {
    const session = await opened(it);
    const [keyHash, nonce] = [randomBytes(32), randomBytes(16)];
    const rotation = rotationOf(session, { keyHash });
    await it.store.rotate(rotation);
    assert.deepEqual((await it.store.read(session.id))?.rotationKey, keyHash);
    const again = replacementOf(session, { cause: 'reauthenticate', retry: { nonce, keyHash } });
    assert.equal((await it.store.replace(again)).kind, 'superseded');
    const other = { nonce, keyHash: randomBytes(32) };
    const replaced = await it.store.replace({ ...again, retry: other });
    assert.equal(replaced.kind, 'replaced');
    assert.deepEqual((await it.store.read(session.id))?.rotationNonce, nonce);
    assert.equal((await it.store.replace({ ...again, retry: other })).kind, 'superseded');
    await it.store.replace(replacementOf(session, { cause: 'reauthenticate' }));
    assert.equal((await it.store.read(session.id))?.rotationKey, null);
  },

  'the idle expiry moves with each rotation, but never past the absolute one': async (it) => {
    const session = await opened(it, { idleTtlMs: 5 * DAY_MS, absoluteTtlMs: 10 * DAY_MS });
    const outcome = await it.store.rotate(rotationOf(session, { ttlMs: 30 * DAY_MS }));
    assert.ok(outcome.kind === 'rotated');
    assert.deepEqual(outcome.session.idleExpiresAt, outcome.session.absoluteExpiresAt);
  },

  'a session keeps its own idle lifetime, and that of its access tokens, over rotations and replacements':
    async (it) => {
      const [idleTtlMs, accessTtlSeconds] = [5 * 60_000, 60];
      const session = await opened(it, { idleTtlMs, limits: { idleTtlMs, accessTtlSeconds } });
      const rotation = rotationOf(session);
      const rotated = await it.store.rotate(rotation);
      const replaced = await it.store.replace(replacementOf(session, { cause: 'reauthenticate' }));
      for (const outcome of [rotated, replaced]) {
        assert.ok(outcome.kind === 'rotated' || outcome.kind === 'replaced');
        const { idleExpiresAt, lastUsedAt } = outcome.session;
        // one statement writes both times, but reads the clock twice
        assert.ok(Math.abs(idleExpiresAt.getTime() - lastUsedAt.getTime() - idleTtlMs) < 1000);
        assert.equal(outcome.session.accessTtlSeconds, accessTtlSeconds);
      }
      const [plain] = await it.store.list((await opened(it)).subject);
      assert.equal(plain?.accessTtlSeconds, null);
    },

  'an expired session does not rotate and is not listed or live': async (it) => {
    for (const over of [{ idleTtlMs: -1000 }, { absoluteTtlMs: -1000 }]) {
      const session = await opened(it, over);
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
      assert.equal((await it.store.read(session.id))?.live, false);
      assert.deepEqual(await it.store.list(session.subject), []);
    }
  },

  'a bound session rotates only with its own key, an unbound one with any': async (it) => {
    const bound = { kind: 'dpop', key: 'thumb' } as const;
    const session = await opened(it, { bound });
    assertHolds((await it.store.list(session.subject))[0]?.bound, bound);
    for (const wrong of [undefined, 'other'])
      assert.equal(
        (await it.store.rotate(rotationOf(session, { provedKey: wrong }))).kind,
        'missed',
      );
    const provedKey = bound.key;
    const rotated = await it.store.rotate(rotationOf(session, { provedKey }));
    assert.equal(rotated.kind === 'rotated' && rotated.session.bound?.key, bound.key);
    const unbound = await opened(it);
    assert.equal((await it.store.rotate(rotationOf(unbound, { provedKey }))).kind, 'rotated');
    assertHolds((await it.store.read(unbound.id))?.session, { bound: null, registerBy: null });
  },

  'a cookie session accepts the key of one browser, with its current secret and while it is new':
    async (it) => {
      const session = await opened(it, { registerWithinMs: 60_000 });
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
      for (const wrong of [{ presentedHash: randomBytes(32) }, { withinMs: -1 }])
        assert.equal(
          (await it.store.registerDevice(registrationOf(session, wrong))).kind,
          'missed',
        );
      const outcomes = await Promise.all(
        ['one', 'two'].map((key) => it.store.registerDevice(registrationOf(session, { key }))),
      );
      assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ['missed', 'registered']);
      const registered = outcomes.find((each) => each.kind === 'registered');
      assert.ok(registered?.session.bound?.kind === 'dbsc');
      assert.equal(registered.session.registerBy, null);
      assert.deepEqual(
        registered.events.map(({ type }) => type),
        ['device.bound'],
      );
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
      for (const dead of [
        { transport: 'hybrid' as const },
        { idleTtlMs: -1000 },
        { registerWithinMs: -1 },
      ])
        assert.equal(
          (await it.store.registerDevice(registrationOf(await opened(it, dead)))).kind,
          'missed',
        );
    },

  'a challenge of a bound session is used once, with its key, and removed when it is old': async (
    it,
  ) => {
    const session = await opened(it, { ip: undefined });
    assert.equal((await it.store.useDevice(deviceUseOf(session))).kind, 'missed');
    await it.store.registerDevice(registrationOf(session));
    assert.equal((await it.store.useDevice(deviceUseOf(session, { key: 'other' }))).kind, 'missed');
    const uses = await Promise.all([1, 2, 3].map(() => it.store.useDevice(deviceUseOf(session))));
    assert.deepEqual(uses.map(({ kind }) => kind).sort(), ['missed', 'missed', 'used']);
    const use = (challengeId: string, oldestChallengeId = '') =>
      it.store.useDevice(
        deviceUseOf(session, { challengeId, oldestChallengeId, maxRemembered: 3 }),
      );
    for (const [id, kind] of [
      ['0b', 'used'],
      ['0c', 'used'],
      ['0d', 'missed'],
    ] as const)
      assert.equal((await use(id)).kind, kind);
    assert.equal((await use('0d', '0b')).kind, 'used');
    assert.equal((await use('0c', '0b')).kind, 'missed');
    const generation = (await it.store.read(session.id))?.session.generation;
    assert.equal(generation, 1);
    await it.store.endOne(session.id, 'logout');
    assert.equal((await use('0e', '0e')).kind, 'missed');
  },

  'a session that must be bound by a deadline cannot be used after it': async (it) => {
    const session = await opened(it, { registerWithinMs: 60_000 });
    const [listed] = await it.store.list(session.subject);
    assert.equal(listed?.registerBy?.getTime(), listed && listed.createdAt.getTime() + 60_000);
    const late = await opened(it, { registerWithinMs: -1 });
    assert.equal((await it.store.rotate(rotationOf(late))).kind, 'missed');
    assert.equal((await it.store.read(late.id))?.live, false);
    assert.deepEqual(await it.store.list(late.subject), []);
  },

  'reauthentication replaces the secret and renews the proof of the credential': async (it) => {
    const session = await opened(it, { authTime: new Date(0) });
    const wrong = { generation: 1, hash: randomBytes(32) };
    const cause = 'reauthenticate' as const;
    assert.equal(
      (await it.store.replace(replacementOf(session, { cause, presented: wrong }))).kind,
      'superseded',
    );
    // of a process whose clock is an hour ahead of the database's
    const authTime = new Date(Date.now() + 3_600_000);
    const proof = { cause, authTime, amr: ['otp'] };
    const outcome = await it.store.replace(replacementOf(session, proof));
    assert.ok(outcome.kind === 'replaced');
    assert.deepEqual(outcome.session.authTime, authTime);
    assert.deepEqual(outcome.session.amr, ['otp']);
    assert.equal((await it.store.rotate(rotationOf(session))).kind, 'missed');
    assertHolds(await it.store.read(session.id), { rotationCause: cause, rotationNonce: null });
  },

  'what runs alongside an opening or a reauthentication shares its fate, and does not run where it is superseded':
    async (it) => {
      const cause = 'reauthenticate' as const;
      const session = await opened(it);
      let runs = 0;
      const work = async () => void runs++;
      const stale = newSession({
        subject: session.subject,
        expected: { tokenVersion: 9, epoch: 9 },
      });
      assert.equal((await it.store.open(stale, { work })).kind, 'superseded');
      const presented = { generation: 1, hash: randomBytes(32) };
      const wrong = replacementOf(session, { cause, presented });
      assert.equal((await it.store.replace(wrong, { work })).kind, 'superseded');
      assert.equal(runs, 0);
      const usedBefore = () => Promise.reject(new Error('used before'));
      const fresh = newSession({ subject: session.subject });
      await assert.rejects(it.store.open(fresh, { work: usedBefore }), /used before/);
      assert.equal(await it.store.read(fresh.id), undefined);
      const right = replacementOf(session, { cause });
      await assert.rejects(it.store.replace(right, { work: usedBefore }), /used before/);
      assert.equal((await it.store.rotate(rotationOf(session))).kind, 'rotated');
      assert.equal((await it.store.replace(right, { work })).kind, 'replaced');
      assert.equal(runs, 1);
    },
};

/**
 * The requirements on every `SessionStore`: a rotation has one winner, an ended session cannot be used, and related
 * writes share a transaction.
 */
export function sessionStoreConformance(
  subject: () => SessionStoreSubject | Promise<SessionStoreSubject>,
): readonly ConformanceCase[] {
  const cases = { ...ROTATION_CASES, ...ENDING_CASES, ...TOKEN_VERSION_CASES, ...ACTING_CASES };
  return casesFor(cases, subject);
}
