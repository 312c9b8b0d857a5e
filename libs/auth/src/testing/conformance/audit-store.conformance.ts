import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AuditRecord, NewAuditRecord } from '../../storage/audit-record.js';
import type { AuditStore } from '../../storage/audit-store.port.js';
import { assertHolds, casesFor, type ConformanceCase } from './conformance-case.js';

export interface AuditStoreSubject {
  /** Empty, or with records of other cases. */
  readonly audit: AuditStore;
}

const YEAR_MS = 365 * 86_400_000;
const ALL = 500;

/** A refused login of a user, unless `changes` say otherwise. */
function record(changes: Partial<NewAuditRecord> = {}): NewAuditRecord {
  return {
    type: 'login.failed',
    severity: 'warning',
    detail: { reason: 'wrong_password' },
    ...changes,
  };
}

const signIn = (userId: string, ip?: string, userAgent = 'a browser'): NewAuditRecord =>
  record({
    type: 'login.succeeded',
    severity: 'info',
    userId,
    sessionId: randomUUID(),
    ip,
    userAgent,
  });

const namesOf = (found: readonly AuditRecord[]): readonly unknown[] =>
  found.map(({ detail }) => detail['name']);

const CASES: Readonly<Record<string, (subject: AuditStoreSubject) => Promise<void>>> = {
  'returns the records that it was given': async ({ audit }) => {
    const userId = randomUUID();
    const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    const given = record({
      userId,
      actorId: randomUUID(),
      sessionId: randomUUID(),
      at,
      ip: '2001:db8::7',
      userAgent: 'a browser',
      detail: { reason: 'wrong_password', tries: [1, 2] },
    });
    await audit.append([given]);
    const [found, ...others] = await audit.find({ userId, limit: ALL });
    assert.equal(others.length, 0);
    assert.deepEqual({ ...found, id: undefined }, { ...given, id: undefined, count: 1 });
    assert.ok(found && found.id.length > 0);
  },

  'a record without a time gets the time of the store': async ({ audit }) => {
    const userId = randomUUID();
    await audit.append([record({ userId })]);
    const [found] = await audit.find({ userId, limit: ALL });
    assert.ok(Math.abs(Date.parse(found?.at ?? '') - Date.now()) < 60_000);
  },

  'finds records newest first, in pages without overlap or gap': async ({ audit }) => {
    const userId = randomUUID();
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await audit.append([record({ userId, detail: { name } })]);
    const first = await audit.find({ userId, limit: 2 });
    const second = await audit.find({ userId, limit: 2, cursor: first.at(-1)?.id });
    const third = await audit.find({ userId, limit: 2, cursor: second.at(-1)?.id });
    assert.deepEqual([first, second, third].map(namesOf), [['e', 'd'], ['c', 'b'], ['a']]);
  },

  'finds by user, actor, type and time, and by several of them together': async ({ audit }) => {
    const [userId, actorId] = [randomUUID(), randomUUID()];
    const at = (year: number): string => new Date(Date.UTC(year, 0, 1)).toISOString();
    await audit.append([
      record({ userId, detail: { name: 'failed' }, at: at(2020) }),
      record({ userId, actorId, type: 'session.ended', detail: { name: 'ended' }, at: at(2021) }),
      record({
        userId: randomUUID(),
        actorId,
        type: 'token.revoked',
        detail: { name: 'of another' },
      }),
    ]);
    const find = async (query: Omit<Parameters<AuditStore['find']>[0], 'limit'>) =>
      [...namesOf(await audit.find({ ...query, limit: ALL }))].sort();
    assert.deepEqual(await find({ userId }), ['ended', 'failed']);
    assert.deepEqual(await find({ actorId }), ['ended', 'of another']);
    assert.deepEqual(await find({ actorId, userId }), ['ended']);
    assert.deepEqual(await find({ userId, types: ['login.failed', 'token.revoked'] }), ['failed']);
    assert.deepEqual(await find({ userId, from: new Date(at(2021)) }), ['ended']);
    assert.deepEqual(await find({ userId, to: new Date(at(2021)) }), ['failed']);
  },

  'records with the same fold are one row with their count, whichever process writes them': async ({
    audit,
  }) => {
    const [userId, fold] = [randomUUID(), randomUUID().slice(0, 22)];
    await audit.append([record({ userId, fold, detail: { name: 'first' } })]);
    await Promise.all([2, 3].map((count) => audit.append([record({ userId, fold, count })])));
    const found = await audit.find({ userId, limit: ALL });
    assert.deepEqual(
      found.map(({ count, detail }) => [count, detail['name']]),
      [[6, 'first']],
    );
  },

  'a value that cannot be stored does not lose its record or the others': async ({ audit }) => {
    const userId = randomUUID();
    await audit.append([
      record({ userId, ip: 'not an address' }),
      record({ userId, userAgent: 'with a \0 in it' }),
      record({ userId, detail: { name: 'plain' } }),
    ]);
    const found = await audit.find({ userId, limit: ALL });
    assert.equal(found.length, 3);
    assert.ok(found.every(({ ip }) => ip === undefined));
  },

  'removes only records older than the given time, a page at a time': async ({ audit }) => {
    const userId = randomUUID();
    const old = new Date(Date.now() - 30 * YEAR_MS).toISOString();
    await audit.append([
      ...Array.from({ length: 5 }, () => record({ userId, at: old })),
      record({ userId, detail: { name: 'young' } }),
    ]);
    assert.equal(await audit.removeOlder(20 * YEAR_MS, 3), 3);
    while ((await audit.removeOlder(20 * YEAR_MS, 3)) > 0);
    assert.deepEqual(namesOf(await audit.find({ userId, limit: ALL })), ['young']);
  },

  'recognises a network by its /24 or /48, and a user agent by its text': async ({ audit }) => {
    const userId = randomUUID();
    const earlier = [signIn(userId, '203.0.113.7'), signIn(userId, '2001:db8:1::7')];
    await audit.append([...earlier, signIn(randomUUID(), '198.51.100.7', 'another')]);
    const look = (ip?: string, userAgent?: string) =>
      audit.familiarity({ userId, sessionId: randomUUID(), ip, userAgent });
    assertHolds(await look('203.0.113.200', 'a browser'), {
      earlier: 2,
      network: 'known',
      userAgent: 'known',
    });
    assertHolds(await look('2001:db8:1:ffff::1'), { network: 'known' });
    assertHolds(await look('203.0.114.7', 'another'), { network: 'new', userAgent: 'new' });
    assertHolds(await look('2001:db8:2::7'), { network: 'new' });
    // a missing address or user agent does not count as new
    assertHolds(await look(), { network: 'known', userAgent: 'known' });
  },

  'does not compare a session with its own record': async ({ audit }) => {
    const userId = randomUUID();
    const own = signIn(userId, '203.0.113.7');
    await audit.append([own]);
    const sighting = {
      userId,
      sessionId: own.sessionId ?? '',
      ip: '203.0.113.7',
      userAgent: 'a browser',
    };
    assertHolds(await audit.familiarity(sighting), {
      earlier: 0,
      network: 'new',
      userAgent: 'new',
    });
  },
};

/**
 * The requirements on every `AuditStore`. The suites of the other stores check that they write records in their own
 * transactions.
 */
export function auditStoreConformance(
  subject: () => AuditStoreSubject | Promise<AuditStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
