import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface RevocationLedgerSubject {
  /** Empty, or with entries of other cases. */
  readonly ledger: RevocationLedgerStore;
  /** The time of the store, in milliseconds since the epoch. */
  readonly now: () => number;
}

const LIFE_MS = 600_000;

function tokenOf(changes: { readonly issuedAt?: number } = {}) {
  const [tokenId, sessionId, subject, keyId] = [
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
  ];
  return {
    tokenId,
    sessionId,
    subject,
    keyId,
    tokenVersion: 3,
    issuedAt: 4_000_000_000,
    ...changes,
  };
}

const named = (entries: readonly LedgerEntry[]): readonly string[] =>
  entries.flatMap((entry) => (entry.kind === 'token' ? [entry.id] : []));

const CASES: Readonly<Record<string, (subject: RevocationLedgerSubject) => Promise<void>>> = {
  'answers the strict question for every kind of entry': async ({ ledger, now }) => {
    const expiresAt = now() + LIFE_MS;
    const token = tokenOf({ issuedAt: 1_000 });
    const { tokenId, sessionId, subject, keyId } = token;
    const rows: readonly (readonly [LedgerEntry, boolean])[] = [
      [{ kind: 'token', id: tokenId, value: 0, expiresAt: now() - 1_000 }, false],
      [{ kind: 'token', id: sessionId, value: 0, expiresAt }, false],
      [{ kind: 'user', id: subject, value: 3, expiresAt }, false],
      [{ kind: 'user', id: tokenId, value: 9, expiresAt }, false],
      [{ kind: 'session_version', id: sessionId, value: 3, expiresAt }, false],
      [{ kind: 'session_version', id: tokenId, value: 9, expiresAt }, false],
      [{ kind: 'token', id: tokenId, value: 0, expiresAt }, true],
    ];
    for (const [entry, revoked] of rows) {
      await ledger.append([entry]);
      assert.equal(await ledger.isRevoked(token), revoked, JSON.stringify(entry));
    }
    for (const entry of [
      { kind: 'session', id: sessionId, value: 0, expiresAt },
      { kind: 'user', id: subject, value: 4, expiresAt },
      { kind: 'key', id: keyId, value: 0, expiresAt },
      { kind: 'session_version', id: randomUUID(), value: 4, expiresAt },
    ] as const) {
      const other = { ...token, tokenId: randomUUID() };
      const apart = { ...tokenOf(), ...pick(other, entry) };
      assert.equal(await ledger.isRevoked(apart), false);
      await ledger.append([entry]);
      assert.equal(await ledger.isRevoked(apart), true, entry.kind);
    }
  },

  'an entry of kind `all` refuses tokens that were issued before it': async ({ ledger, now }) => {
    await ledger.append([{ kind: 'all', id: '', value: 2_000, expiresAt: now() + LIFE_MS }]);
    assert.equal(await ledger.isRevoked(tokenOf({ issuedAt: 1_999 })), true);
    assert.equal(await ledger.isRevoked(tokenOf({ issuedAt: 2_000 })), false);
  },

  'a read since a position returns new entries, each once': async ({ ledger, now }) => {
    const [first, second, spent] = [randomUUID(), randomUUID(), randomUUID()];
    const expiresAt = now() + LIFE_MS;
    await ledger.append([
      { kind: 'token', id: first, value: 0, expiresAt },
      { kind: 'token', id: spent, value: 0, expiresAt: now() - 1_000 },
    ]);
    const all = await ledger.readSince(undefined);
    assert.ok(named(all.entries).includes(first));
    assert.ok(!named(all.entries).includes(spent));
    await ledger.append([{ kind: 'token', id: second, value: 0, expiresAt }]);
    const more = await ledger.readSince(all.position);
    assert.deepEqual(named(more.entries), [second]);
    assert.deepEqual((await ledger.readSince(more.position)).entries, []);
  },

  'has one identity, which every position names': async ({ ledger, now }) => {
    const id = await ledger.identity();
    assert.ok(id.length >= 16);
    assert.equal(await ledger.identity(), id);
    const { position } = await ledger.readSince(undefined);
    assert.equal(position.ledger, id);
    await ledger.append([
      { kind: 'token', id: randomUUID(), value: 0, expiresAt: now() + LIFE_MS },
    ]);
    const other = await ledger.readSince({ ...position, ledger: randomUUID() });
    assert.deepEqual([other.position.ledger, other.entries], [id, []]);
  },

  'refuses a malformed position': async ({ ledger }) => {
    const id = await ledger.identity();
    await assert.rejects(ledger.readSince({ ledger: id, timeline: 1, snapshot: 'nonsense' }), {
      code: 'unavailable',
    });
  },

  'wakes listeners after an append, until they stop listening': async ({ ledger, now }) => {
    let woken = (): void => undefined;
    const wake = new Promise<void>((resolve) => (woken = resolve));
    const stop = await ledger.onAppended(() => woken());
    await ledger.append([
      { kind: 'token', id: randomUUID(), value: 0, expiresAt: now() + LIFE_MS },
    ]);
    await wake;
    await stop();
  },
};

/**
 * The requirements on every `RevocationLedgerStore`. Its own specs must test late commits, because only they can hold a
 * transaction open.
 */
export function revocationLedgerConformance(
  subject: () => RevocationLedgerSubject | Promise<RevocationLedgerSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}

/** The member of the token that the entry compares. */
function pick(token: ReturnType<typeof tokenOf>, entry: LedgerEntry) {
  switch (entry.kind) {
    case 'session':
      return { sessionId: token.sessionId };
    case 'session_version':
      return { sessionId: entry.id };
    case 'user':
      return { subject: token.subject };
    case 'key':
      return { keyId: token.keyId };
    default:
      return {};
  }
}
