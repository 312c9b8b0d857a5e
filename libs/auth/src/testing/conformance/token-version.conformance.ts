import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { assertHolds } from './conformance-case.js';
import { rotationOf } from './samples.js';
import { opened, type SessionStoreSubject } from './session-subject.js';

const OUTSIDE = { tokenId: randomUUID(), keyId: 'k', tokenVersion: 1, issuedAt: 0 };

export const TOKEN_VERSION_CASES: Readonly<
  Record<string, (subject: SessionStoreSubject) => Promise<void>>
> = {
  'an unknown user has both counters at 1': async ({ store }) => {
    assert.deepEqual(await store.readSubject(randomUUID()), { tokenVersion: 1, epoch: 1 });
  },

  'a bump of the version ends access tokens and keeps the session': async (it) => {
    const session = await opened(it);
    const ended = await it.store.bumpVersion(session.subject);
    assertHolds(ended.entries[0], { kind: 'user', id: session.subject, value: 2 });
    assertHolds(await it.store.rotate(rotationOf(session)), {
      kind: 'rotated',
      subject: { tokenVersion: 2 },
    });
  },

  'a change of identity invalidates tokens and proofs of every session but one, and ends none':
    async (it) => {
      const kept = await opened(it);
      const other = await opened(it, { subject: kept.subject });
      const { entries } = await it.store.unproveOthers(kept.subject, kept.id);
      assert.equal(entries.length, 1);
      assertHolds(entries[0], { kind: 'session_version', id: other.id, value: 2 });
      const proofs = await Promise.all(
        [kept, other].map(async ({ id }) => (await it.store.read(id))?.session),
      );
      assert.deepEqual(
        proofs.map((session) => session?.authTime.getTime()),
        [kept.authTime.getTime(), 0],
      );
      for (const each of [kept, other])
        assertHolds(await it.store.rotate(rotationOf(each)), {
          kind: 'rotated',
          subject: { tokenVersion: 2 },
        });
    },

  'the authoritative check sees version, session and revocation': async (it) => {
    const { id: sessionId, subject } = await opened(it);
    const token = { ...OUTSIDE, sessionId, subject };
    const before = await it.store.readAuthority(token);
    assertHolds(before, {
      sessionLive: true,
      subject: { tokenVersion: 1, epoch: 1 },
      revoked: false,
    });
    const foreign = { ...token, subject: await it.newUser() };
    assert.equal((await it.store.readAuthority(foreign)).sessionLive, false);
    await it.store.endAll(subject, 'logout_all');
    const after = await it.store.readAuthority(token);
    assertHolds(after, {
      sessionLive: false,
      subject: { tokenVersion: 2, epoch: 2 },
      revoked: true,
    });
  },
};
