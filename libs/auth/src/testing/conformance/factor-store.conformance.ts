import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import type { NewPasskey } from '../../storage/factor.js';
import type {
  FactorAct,
  FactorChangeOutcome,
  FactorStore,
} from '../../storage/factor-store.port.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import { assertHolds, casesFor, type ConformanceCase } from './conformance-case.js';
import { rotationOf } from './samples.js';
import { opened } from './session-subject.js';

export interface FactorStoreSubject {
  readonly factors: FactorStore;
  /** The session store of the same database. */
  readonly sessions: SessionStore;
  /** A new user id. If the stores read users, it belongs to an existing user who is not disabled. */
  readonly newUser: () => Promise<string>;
}

const TWENTY = Array.from({ length: 20 });

async function changed(
  it: FactorStoreSubject,
  subject: string,
  act: FactorAct,
  sessionId?: string,
) {
  const { state } = await it.factors.of(subject);
  return it.factors.change({ subject, expected: state, sessionId, act });
}

async function withTotp(it: FactorStoreSubject, step = 10) {
  const session = await opened({ ...it, store: it.sessions });
  const [id, codes] = [randomUUID(), [randomBytes(32), randomBytes(32)]];
  const { subject } = session;
  await it.factors.propose({
    id,
    subject,
    kind: 'totp',
    name: 'phone',
    sealedSecret: randomBytes(40),
  });
  const outcome = await changed(it, subject, { kind: 'totp_added', id, step, codes }, session.id);
  assert.equal(outcome.kind, 'changed');
  return { id, subject, codes, session };
}

function passkeyOf(subject: string, changes: Partial<NewPasskey> = {}): NewPasskey {
  return {
    id: randomUUID(),
    subject,
    kind: 'passkey',
    name: 'key',
    credentialId: randomUUID(),
    publicKey: randomBytes(77),
    counter: 5,
    transports: ['internal', 'hybrid'],
    backupEligible: true,
    backedUp: false,
    ...changes,
  };
}

const CASES: Readonly<Record<string, (subject: FactorStoreSubject) => Promise<void>>> = {
  'keeps a secret unconfirmed until its first code, and only one unconfirmed secret at a time':
    async (it) => {
      const { subject, id: sessionId } = await opened({ ...it, store: it.sessions });
      const [first, second] = [randomUUID(), randomUUID()];
      const sealedSecret = randomBytes(40);
      for (const id of [first, second])
        await it.factors.propose({ id, subject, kind: 'totp', sealedSecret });
      const { all, recoveryCodesLeft } = await it.factors.of(subject);
      assert.deepEqual([all.length, recoveryCodesLeft], [1, 0]);
      assertHolds(all[0], { id: second, kind: 'totp', confirmed: false, name: undefined });
      assert.deepEqual(all[0]?.kind === 'totp' && Buffer.from(all[0].sealedSecret), sealedSecret);
      assert.equal(await it.factors.useStep(second, 99), false);
      const gone = await changed(
        it,
        subject,
        { kind: 'totp_added', id: first, step: 1 },
        sessionId,
      );
      assert.equal(gone.kind, 'unfit');
    },

  'accepts exactly one of 20 simultaneous uses of a step, and no earlier step afterwards': async (
    it,
  ) => {
    const { id } = await withTotp(it, 10);
    assert.equal(await it.factors.useStep(id, 10), false);
    const uses = await Promise.all(TWENTY.map(() => it.factors.useStep(id, 11)));
    assert.equal(uses.filter(Boolean).length, 1);
    assert.deepEqual(
      [await it.factors.useStep(id, 13), await it.factors.useStep(id, 12)],
      [true, false],
    );
  },

  'accepts exactly one of 20 simultaneous uses of a recovery code, and only by its owner': async (
    it,
  ) => {
    const { subject, codes } = await withTotp(it);
    const other = await withTotp(it);
    const [code = randomBytes(32)] = codes;
    assert.equal(await it.factors.useRecoveryCode(other.subject, code), false);
    const uses = await Promise.all(TWENTY.map(() => it.factors.useRecoveryCode(subject, code)));
    assert.equal(uses.filter(Boolean).length, 1);
    assert.equal((await it.factors.of(subject)).recoveryCodesLeft, 1);
  },

  'a use in a transaction that fails is none': async (it) => {
    const { subject, id, codes } = await withTotp(it, 10);
    const [code = randomBytes(32)] = codes;
    const work = async (tx: HostTransaction): Promise<void> => {
      assert.equal(await it.factors.useStep(id, 11, tx), true);
      assert.equal(await it.factors.useRecoveryCode(subject, code, tx), true);
      throw new Error('the rest failed');
    };
    await assert.rejects(it.sessions.endAll(subject, 'logout_all', { work }), /the rest failed/);
    assert.equal(await it.factors.hasRecoveryCode(randomUUID(), code), false);
    assert.equal(await it.factors.hasRecoveryCode(subject, code), true);
    assert.equal(await it.factors.useRecoveryCode(subject, code), true);
    assert.equal(await it.factors.hasRecoveryCode(subject, code), false);
    assert.equal(await it.factors.useStep(id, 11), true);
  },

  'new recovery codes replace the old ones, and removing the last factor removes them': async (
    it,
  ) => {
    const { subject, codes, id, session } = await withTotp(it);
    const fresh = [randomBytes(32)];
    await changed(it, subject, { kind: 'recovery_codes_renewed', codes: fresh }, session.id);
    assert.equal(await it.factors.useRecoveryCode(subject, codes[0] as Buffer), false);
    assert.equal((await it.factors.of(subject)).recoveryCodesLeft, 1);
    await changed(it, subject, { kind: 'removed', id }, session.id);
    assertHolds(await it.factors.of(subject), { recoveryCodesLeft: 0 });
  },

  'a credential belongs to one factor, and its counter only rises': async (it) => {
    const { subject, session } = await withTotp(it);
    const passkey = passkeyOf(subject);
    const act = { kind: 'passkey_added' as const, passkey };
    assert.equal((await changed(it, subject, act, session.id)).kind, 'changed');
    const again = { ...act, passkey: { ...passkey, id: randomUUID() } };
    assert.equal((await changed(it, subject, again, session.id)).kind, 'unfit');
    const found = await it.factors.findPasskey(passkey.credentialId);
    const { name, counter, transports, backupEligible, backedUp } = passkey;
    assertHolds(found, { id: passkey.id, name, counter, transports, backupEligible, backedUp });
    const use = (given: number) =>
      it.factors.usePasskey(passkey.id, { counter: given, backedUp: true });
    assert.deepEqual(
      [await use(5), await use(0), await use(6), await use(6)],
      [false, false, true, false],
    );
    assertHolds(await it.factors.findPasskey(passkey.credentialId), { counter: 6, backedUp: true });
    const silent = passkeyOf(subject, { counter: 0 });
    await changed(it, subject, { ...act, passkey: silent }, session.id);
    const zero = () => it.factors.usePasskey(silent.id, { counter: 0, backedUp: false });
    assert.deepEqual([await zero(), await zero()], [true, true]);
  },

  'a change requires the counters that were read when it was allowed, and bumps the version':
    async (it) => {
      const { subject, id, session } = await withTotp(it);
      const { state } = await it.factors.of(subject);
      assert.equal(state.tokenVersion, 2);
      const change = { subject, sessionId: session.id, act: { kind: 'removed' as const, id } };
      const stale = { ...state, tokenVersion: state.tokenVersion - 1 };
      assert.equal((await it.factors.change({ ...change, expected: stale })).kind, 'superseded');
      const both = await Promise.all([
        it.factors.change({ ...change, expected: state }),
        it.factors.change({ ...change, expected: state }),
      ]);
      assert.deepEqual(both.map(({ kind }) => kind).sort(), ['changed', 'superseded']);
    },

  'a session that has ended or belongs to another user changes nothing': async (it) => {
    const [mine, other] = [await withTotp(it), await withTotp(it)];
    const act = { kind: 'passkey_added' as const, passkey: passkeyOf(mine.subject) };
    assert.equal((await changed(it, mine.subject, act, other.session.id)).kind, 'superseded');
    await it.sessions.endOne(mine.session.id, 'logout');
    assert.equal((await changed(it, mine.subject, act, mine.session.id)).kind, 'superseded');
    assert.equal((await it.factors.of(mine.subject)).all.length, 1);
    // the host makes the change without a session
    assert.equal(
      (await changed(it, mine.subject, { kind: 'removed', id: mine.id })).kind,
      'changed',
    );
  },

  'another user’s factor is not removed': async (it) => {
    const [mine, other] = [await withTotp(it), await withTotp(it)];
    const outcome = await changed(
      it,
      mine.subject,
      { kind: 'removed', id: other.id },
      mine.session.id,
    );
    assert.equal(outcome.kind, 'unfit');
    assert.equal((await it.factors.of(other.subject)).all.length, 1);
  },

  'a change invalidates the tokens and proofs of the other sessions, and keeps those of its own session':
    async (it) => {
      const { subject, session, id } = await withTotp(it);
      const expected = (await it.factors.of(subject)).state;
      const other = await opened({ ...it, store: it.sessions }, { subject, expected });
      const outcome = await changed(it, subject, { kind: 'removed', id }, session.id);
      assert.deepEqual(entriesOf(outcome), [
        { kind: 'session_version', id: other.id, value: expected.tokenVersion + 1 },
      ]);
      assert.deepEqual(outcome.kind === 'changed' && outcome.events, [
        {
          type: 'factor.changed',
          userId: subject,
          actorId: undefined,
          sessionId: session.id,
          change: 'removed',
        },
      ]);
      const rotated = await it.sessions.rotate(rotationOf(other));
      assert.ok(rotated.kind === 'rotated' && rotated.session.authTime.getTime() === 0);
      const kept = await it.sessions.rotate(rotationOf(session));
      assert.ok(kept.kind === 'rotated' && kept.session.authTime.getTime() > 0);
    },

  'a secret is sealed again only while it is unchanged since it was read': async (it) => {
    const { id, subject } = await withTotp(it);
    const sealedOf = async () => {
      const [factor] = (await it.factors.of(subject)).all;
      return factor?.kind === 'totp' ? Buffer.from(factor.sealedSecret) : undefined;
    };
    const [before, next] = [await sealedOf(), randomBytes(40)];
    await it.factors.reseal(id, randomBytes(40), randomBytes(40));
    assert.deepEqual(await sealedOf(), before);
    await it.factors.reseal(id, before as Buffer, next);
    assert.deepEqual(await sealedOf(), next);
  },

  'deletion or claim of an account removes each factor, with an event for each one on a claim':
    async (it) => {
      const hidden = await withTotp(it);
      // a user whom the directory temporarily does not find
      assert.deepEqual(
        (await it.sessions.endAll(hidden.subject, 'user_not_found')).events.length,
        1,
      );
      assert.equal((await it.factors.of(hidden.subject)).all.length, 1);
      assert.equal(
        await it.factors.useRecoveryCode(hidden.subject, hidden.codes[0] as Buffer),
        true,
      );
      for (const reason of ['user_deleted', 'account_claimed'] as const) {
        const { subject, codes } = await withTotp(it);
        const { events } = await it.sessions.endAll(subject, reason);
        const removed = {
          type: 'factor.changed',
          userId: subject,
          actorId: undefined,
          change: 'removed',
        };
        const told = events.filter(({ type }) => type === 'factor.changed');
        assert.deepEqual(told, reason === 'account_claimed' ? [removed] : []);
        assertHolds(await it.factors.of(subject), { all: [], recoveryCodesLeft: 0 });
        assert.equal(await it.factors.useRecoveryCode(subject, codes[0] as Buffer), false);
      }
    },
};

function entriesOf(outcome: FactorChangeOutcome): readonly object[] {
  if (outcome.kind !== 'changed') return [];
  return outcome.entries.map(({ expiresAt: _, ...entry }) => entry);
}

/**
 * The requirements on every `FactorStore`: each code, step and counter value is accepted once, and a change affects the
 * other sessions.
 */
export function factorStoreConformance(
  subject: () => FactorStoreSubject | Promise<FactorStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
