import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { AuthDatabase } from './auth-database.js';
import type { Row } from './database.js';
import { Histories } from './histories.js';
import type { PooledCall } from './pooled-call.js';
import { SessionReads } from './session-reads.js';
import { createAuthSchema } from './schema.js';

/** A database that records statements. The spec decides when each one is answered. */
function recorded() {
  const sent: {
    readonly ids: readonly string[];
    readonly answer: (rows: readonly Row[]) => void;
  }[] = [];
  const query = ({ values }: { values: readonly [readonly string[]] }) =>
    new Promise((resolve) => sent.push({ ids: values[0], answer: (rows) => resolve({ rows }) }));
  const call = (_what: string, _deadlineMs: number, work: (call: PooledCall) => unknown) =>
    work({ query } as unknown as PooledCall);
  const database = {
    tables: createAuthSchema(),
    users: undefined,
    histories: new Histories(),
    call,
  } as unknown as AuthDatabase;
  return { sent, reads: new SessionReads(database, 5_000) };
}

const row = (id: string, live: boolean): Row => ({ id, live });

describe('batched reads of sessions', () => {
  it('a read that arrives while a statement is running is answered by the next statement', async () => {
    const { sent, reads } = recorded();
    const id = randomUUID();
    const before = reads.read(id);
    const [after, again] = [reads.read(id), reads.read(id.toUpperCase())];
    sent[0]?.answer([row(id, true)]);
    expect(await before).toMatchObject({ live: true });
    await turn();
    await turn();
    // the session ended in between: the first statement's result is too old for the later reader
    expect(sent.map(({ ids }) => ids)).toEqual([[id], [id]]);
    sent[1]?.answer([row(id, false)]);
    expect(await Promise.all([after, again])).toMatchObject([{ live: false }, { live: false }]);
  });

  it('each reader gets its own session, or undefined for an unknown one', async () => {
    const { sent, reads } = recorded();
    const [first, second, gone] = [randomUUID(), randomUUID(), randomUUID()];
    const blocking = reads.read(gone);
    const asked = [second, first, gone].map((id) => reads.read(id));
    sent[0]?.answer([]);
    expect(await blocking).toBeUndefined();
    await turn();
    await turn();
    sent[1]?.answer([row(first, true), row(second, true)]);
    const ids = (await Promise.all(asked)).map((found) => found?.session.id);
    expect(ids).toEqual([second, first, undefined]);
  });

  it('an answer of a standby is not accepted', async () => {
    const { sent, reads } = recorded();
    const id = randomUUID();
    const read = expect(reads.read(id)).rejects.toMatchObject({ cause: { code: '25006' } });
    sent[0]?.answer([{ ...row(id, true), wal_file: null }]);
    await read;
  });

  it('a malformed session id finds nothing and sends no statement', async () => {
    const { sent, reads } = recorded();
    expect(await reads.read('a session of another system')).toBeUndefined();
    expect(sent).toHaveLength(0);
  });
});
