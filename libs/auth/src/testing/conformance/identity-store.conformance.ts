import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  IdentityAct,
  IdentityChangeOutcome,
  IdentityStore,
  NewIdentity,
} from '../../storage/identity-store.port.js';
import type { NewSession, ProviderSession } from '../../storage/session.js';
import type { Ended, SessionStore } from '../../storage/session-store.port.js';
import { assertHolds, casesFor, type ConformanceCase } from './conformance-case.js';
import { rotationOf } from './samples.js';
import { opened } from './session-subject.js';

export interface IdentityStoreSubject {
  readonly identities: IdentityStore;
  /** The session store of the same database. */
  readonly sessions: SessionStore;
  /** A new user id. If the stores read users, it belongs to an existing user who is not disabled. */
  readonly newUser: () => Promise<string>;
}

const ISSUER = 'https://issuer.example';
const FIRST = { tokenVersion: 1, epoch: 1 };

function identityOf(changes: Partial<NewIdentity> = {}): NewIdentity {
  return {
    issuer: ISSUER,
    issuerSubject: randomUUID(),
    email: 'a@example.com',
    proven: true,
    ...changes,
  };
}

async function changed(
  it: IdentityStoreSubject,
  subject: string,
  act: IdentityAct,
): Promise<IdentityChangeOutcome> {
  return it.identities.change({ subject, expected: await it.sessions.readSubject(subject), act });
}

async function linked(it: IdentityStoreSubject, changes: Partial<NewIdentity> = {}) {
  const [subject, identity] = [await it.newUser(), identityOf(changes)];
  assert.equal((await changed(it, subject, { kind: 'identity_linked', identity })).kind, 'changed');
  return { subject, identity };
}

const CASES: Readonly<Record<string, (subject: IdentityStoreSubject) => Promise<void>>> = {
  'finds an identity by the exact issuer and subject': async (it) => {
    const { subject, identity } = await linked(it);
    const { issuerSubject } = identity;
    const found = await it.identities.find(identity);
    assertHolds(found, { ...identity, subject });
    assert.ok(found?.linkedAt instanceof Date);
    const others = [
      { issuer: `${ISSUER}/`, issuerSubject },
      { issuer: ISSUER, issuerSubject: issuerSubject.toUpperCase() },
      { issuer: issuerSubject, issuerSubject: ISSUER },
    ];
    for (const each of others) assert.equal(await it.identities.find(each), undefined);
  },

  'accepts exactly one of 20 simultaneous links of an identity': async (it) => {
    const identity = identityOf();
    const users = await Promise.all(Array.from({ length: 20 }, () => it.newUser()));
    const outcomes = await Promise.all(
      users.map((subject) => changed(it, subject, { kind: 'identity_linked', identity })),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'changed').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'unfit').length, 19);
  },

  'a change requires the counters that were read when it was allowed, and bumps the version':
    async (it) => {
      const { subject } = await linked(it);
      const expected = { tokenVersion: 1, epoch: 1 };
      assert.deepEqual(await it.sessions.readSubject(subject), { tokenVersion: 2, epoch: 1 });
      const act = { kind: 'identity_unlinked' as const, issuer: ISSUER };
      assert.equal((await it.identities.change({ subject, expected, act })).kind, 'superseded');
      assert.equal((await changed(it, subject, act)).kind, 'changed');
    },

  'unlinks only the subject’s identity at that issuer': async (it) => {
    const [mine, other] = [await linked(it), await linked(it)];
    const elsewhere = identityOf({ issuer: 'https://other.example' });
    await changed(it, mine.subject, { kind: 'identity_linked', identity: elsewhere });
    const act = { kind: 'identity_unlinked' as const, issuer: ISSUER };
    assert.equal((await changed(it, mine.subject, act)).kind, 'changed');
    assert.equal((await changed(it, mine.subject, act)).kind, 'unfit');
    assert.equal(await it.identities.find(mine.identity), undefined);
    for (const each of [elsewhere, other.identity]) assert.ok(await it.identities.find(each));
  },

  'a session that has ended cannot link': async (it) => {
    const session = await opened({ ...it, store: it.sessions });
    const { subject, id: sessionId } = session;
    await it.sessions.endOne(sessionId, 'logout');
    const expected = await it.sessions.readSubject(subject);
    const identity = identityOf();
    const act = { kind: 'identity_linked' as const, identity };
    assert.equal(
      (await it.identities.change({ subject, expected, sessionId, act })).kind,
      'superseded',
    );
    assert.equal(await it.identities.find(identity), undefined);
  },

  'a change invalidates the tokens and proofs of the other sessions, with an event': async (it) => {
    const session = await opened({ ...it, store: it.sessions });
    const { subject } = session;
    const expected = await it.sessions.readSubject(subject);
    const other = await opened({ ...it, store: it.sessions }, { subject, expected });
    const identity = identityOf();
    const outcome = await it.identities.change({
      subject,
      expected,
      sessionId: session.id,
      actorId: subject,
      act: { kind: 'identity_linked', identity },
    });
    assert.equal(outcome.kind, 'changed');
    assert.deepEqual(
      outcome.kind === 'changed' &&
        outcome.entries.map(({ kind, id, value }) => ({ kind, id, value })),
      [{ kind: 'session_version', id: other.id, value: expected.tokenVersion + 1 }],
    );
    assert.deepEqual(outcome.kind === 'changed' && outcome.events, [
      {
        type: 'factor.changed',
        userId: subject,
        actorId: subject,
        sessionId: session.id,
        change: 'identity_linked',
      },
    ]);
    const rotated = await it.sessions.rotate(rotationOf(other));
    assert.ok(rotated.kind === 'rotated' && rotated.session.authTime.getTime() === 0);
    const kept = await it.sessions.rotate(rotationOf(session));
    assert.ok(kept.kind === 'rotated' && kept.session.authTime.getTime() > 0);
  },

  'lists the identities of a user': async (it) => {
    const { subject, identity } = await linked(it);
    const second = identityOf({ issuer: 'https://other.example' });
    await changed(it, subject, { kind: 'identity_linked', identity: second });
    await linked(it);
    assertHolds(await it.identities.of(subject), [identity, second]);
    assert.deepEqual(await it.identities.of(await it.newUser()), []);
  },

  'ends only the sessions that came from a session at a provider': async (it) => {
    const at = { issuer: ISSUER, issuerSubject: randomUUID() };
    const open = (provider?: ProviderSession) =>
      opened({ ...it, store: it.sessions }, { provider });
    const [first, second] = [await open({ ...at, sid: 's1' }), await open({ ...at, sid: 's2' })];
    const nameless = await open(at);
    const others = [
      await open({ ...at, issuer: 'https://other.example', sid: 's1' }),
      await open({ ...at, issuerSubject: randomUUID(), sid: 's3' }),
      await open(),
    ];
    const idsOf = ({ entries }: Ended) => entries.map(({ kind, id }) => [kind, id]);
    const bySid = await it.identities.endSessions({ issuer: ISSUER, sid: 's1' });
    assert.deepEqual(idsOf(bySid), [['session', first.id]]);
    assert.deepEqual(bySid.events, [
      {
        type: 'session.ended',
        sessionId: first.id,
        userId: first.subject,
        actorId: undefined,
        reason: 'provider_logout',
      },
    ]);
    assert.equal((await it.identities.endSessions({ issuer: ISSUER, sid: 's1' })).sessions, 0);
    const byBoth = await it.identities.endSessions({ ...at, sid: 's4' });
    assert.deepEqual(idsOf(byBoth), [['session', nameless.id]]);
    assert.deepEqual(idsOf(await it.identities.endSessions(at)), [['session', second.id]]);
    for (const each of [first, second, nameless])
      assert.equal((await it.sessions.rotate(rotationOf(each))).kind, 'missed');
    for (const each of others)
      assert.equal((await it.sessions.rotate(rotationOf(each))).kind, 'rotated');
  },

  'ends the sessions in which that person acts as others, too': async (it) => {
    const at = { issuer: ISSUER, issuerSubject: randomUUID(), sid: 's1' };
    const open = (changes: Partial<NewSession>) => opened({ ...it, store: it.sessions }, changes);
    const actorsOwn = await open({ provider: at });
    const { subject: actorId } = actorsOwn;
    const acting = await open({ actor: { id: actorId, expected: FIRST } });
    const others = [
      await open({ actor: { id: await it.newUser(), expected: FIRST } }),
      await open({ subject: acting.subject }),
      await open({ subject: actorId }),
    ];
    const ended = await it.identities.endSessions(at);
    assert.equal(ended.sessions, 1);
    assertHolds(ended.entries, [
      { kind: 'session', id: actorsOwn.id },
      { kind: 'session', id: acting.id },
    ]);
    const { id: sessionId, subject: userId } = acting;
    assertHolds(ended.events, [
      { type: 'session.ended', sessionId: actorsOwn.id, reason: 'provider_logout' },
      { type: 'session.ended', userId, actorId, sessionId, reason: 'actor_ended' },
    ]);
    assert.equal((await it.sessions.rotate(rotationOf(acting))).kind, 'missed');
    for (const each of others)
      assert.equal((await it.sessions.rotate(rotationOf(each))).kind, 'rotated');
  },

  'removes identities that were linked before the email was verified, and keeps the rest': async (
    it,
  ) => {
    const { subject, identity: early } = await linked(it, { proven: false });
    const late = identityOf({ email: undefined });
    await changed(it, subject, { kind: 'identity_linked', identity: late });
    const other = await linked(it, { proven: false });
    const forgotten = { type: 'factor.changed', userId: subject, change: 'identity_unlinked' };
    assert.deepEqual(await it.identities.removeUnproven(subject), {
      entries: [],
      events: [forgotten],
    });
    assert.equal(await it.identities.find(early), undefined);
    for (const each of [late, other.identity]) assert.ok(await it.identities.find(each));
    assert.deepEqual(await it.identities.removeUnproven(subject), { entries: [], events: [] });
  },

  'deletion of a user removes each identity': async (it) => {
    const [gone, stays] = [await linked(it), await linked(it)];
    await it.sessions.endAll(stays.subject, 'logout_all');
    await it.sessions.endAll(gone.subject, 'user_deleted');
    assert.equal(await it.identities.find(gone.identity), undefined);
    assert.ok(await it.identities.find(stays.identity));
  },
};

/** The requirements on every `IdentityStore`. */
export function identityStoreConformance(
  subject: () => IdentityStoreSubject | Promise<IdentityStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
