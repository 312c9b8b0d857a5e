import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SessionStore } from '../../storage/session-store.port.js';
import type { HostWork, SqlParameter, SqlTransaction } from '../../storage/sql-transaction.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

/** An adapter for the transactions of a library, on the database of a session store. */
export interface HostTransactionSubject {
  readonly sessions: SessionStore;
  /** Opens a transaction and passes it to `use`. Commits when `use` resolves, rolls back when it rejects. */
  open(use: (tx: SqlTransaction) => Promise<void>): Promise<void>;
  /** What the adapter returns for a handle without an open transaction. */
  readonly notOpen: SqlTransaction;
  /** The adapter's `HostWork`, with `work` inside. */
  work(work: () => Promise<void>): HostWork;
}

/** Text that can break an adapter: quotes, placeholders of any library, casts, comments, non-ASCII characters. */
const TEXTS: readonly string[] = [
  '',
  "' or '1'='1",
  "'; rollback; --",
  String.raw`\' \\ \? E'\x41'`,
  '? ?? \\? $1 $2 $$ $tag$ :name :name: ::text @p1 {0}',
  '{"a":"?","b":[1,"$1"]}',
  '/* */ -- \n\r\t',
  'Zoë 漢字 🙂',
  'x'.repeat(10_000),
];

const version = async ({ sessions }: HostTransactionSubject, subject: string): Promise<number> =>
  (await sessions.readSubject(subject)).tokenVersion;

async function one(
  tx: SqlTransaction,
  text: string,
  ...parameters: SqlParameter[]
): Promise<unknown> {
  const rows = await tx.query(`select (${text})::text as found`, parameters);
  assert.equal(rows.length, 1);
  return Object.values(rows[0] ?? {})[0];
}

/** Runs `use` in a transaction that is rolled back. */
async function asked(
  subject: HostTransactionSubject,
  use: (tx: SqlTransaction) => Promise<void>,
): Promise<void> {
  const over = new Error('over');
  await assert.rejects(
    subject.open(async (tx) => {
      await use(tx);
      throw over;
    }),
    (error) => error === over,
  );
}

const CASES: Readonly<Record<string, (subject: HostTransactionSubject) => Promise<void>>> = {
  'parameters arrive unchanged, whatever their content': (subject) =>
    asked(subject, async (tx) => {
      for (const text of TEXTS) assert.equal(await one(tx, '$1::text', text), text);
    }),

  'parameters are matched by their number, not by their position': (subject) =>
    asked(subject, async (tx) => {
      assert.equal(await one(tx, `$2::text || $1::text || $2::text`, 'a', 'b'), 'bab');
      const many = Array.from({ length: 12 }, (_, n) => `<${String(n)}>`);
      const backwards = many.map((_, n) => `$${String(12 - n)}::text`).join(' || ');
      assert.equal(await one(tx, backwards, ...many), many.toReversed().join(''));
    }),

  'a question mark in the text is an operator': (subject) =>
    asked(subject, async (tx) => {
      assert.equal(
        await one(tx, `('{"a":1}'::jsonb ? $1::text) and '{"?":1}'::jsonb ? '?'`, 'a'),
        'true',
      );
    }),

  'types arrive correctly': (subject) =>
    asked(subject, async (tx) => {
      const given: readonly (readonly [string, SqlParameter, string])[] = [
        ['$1::int + 1', 41, '42'],
        ['$1::text::bigint + 1', '9007199254740993', '9007199254740994'],
        [
          "$1::text::timestamptz at time zone 'UTC'",
          '2026-01-02T03:04:05.678901Z',
          '2026-01-02 03:04:05.678901',
        ],
        ['$1::text::jsonb -> $2::int', '["a", {"b": null}]', '{"b": null}'],
        ['($1::text::text[])[2]', '{a,"b,\\"c"}', 'b,"c'],
        [
          '$1::text::uuid',
          '7B1F6F0E-55C1-4A52-9D0A-3C8A5B1F4D77',
          '7b1f6f0e-55c1-4a52-9d0a-3c8a5b1f4d77',
        ],
      ];
      for (const [text, parameter, found] of given)
        assert.equal(
          await one(tx, text, parameter, ...(text.includes('$2') ? [1] : [])),
          found,
          text,
        );
    }),

  'every statement runs in the one transaction': (subject) =>
    asked(subject, async (tx) => {
      const first = await one(tx, 'pg_current_xact_id()');
      assert.equal(await one(tx, 'pg_current_xact_id()'), first);
    }),

  'a change is visible when the host commits, and not before': async (subject) => {
    const user = randomUUID();
    await subject.open(async (tx) => {
      const ended = await subject.sessions.endAll(user, 'user_disabled', { tx });
      assert.equal(ended.entries.length, 1);
      assert.equal(await version(subject, user), 1);
    });
    assert.equal(await version(subject, user), 2);
  },

  'a change is gone when the host rolls back': async (subject) => {
    const user = randomUUID();
    await asked(subject, async (tx) => {
      await subject.sessions.bumpVersion(user, { tx, actorId: TEXTS[4] });
      await subject.sessions.endAll(user, 'password_changed', { tx });
      assert.deepEqual(await subject.sessions.list(user, tx), []);
    });
    assert.equal(await version(subject, user), 1);
  },

  'a handle without a transaction is refused, and nothing is written': async (subject) => {
    const user = randomUUID();
    const refused = { reason: 'configuration_invalid' };
    await assert.rejects(subject.sessions.bumpVersion(user, { tx: subject.notOpen }), refused);
    await assert.rejects(
      subject.sessions.endAll(user, 'ended_by_host', { tx: subject.notOpen }),
      refused,
    );
    assert.equal(await version(subject, user), 1);
  },

  'a finished transaction is refused, and nothing is written': async (subject) => {
    const user = randomUUID();
    let kept: SqlTransaction | undefined;
    await subject.open(async (tx) => {
      await one(tx, '1');
      kept = tx;
    });
    assert.ok(kept);
    await assert.rejects(subject.sessions.bumpVersion(user, { tx: kept }));
    assert.equal(await version(subject, user), 1);
  },

  'work: the host and Tokenward commit together': async (subject) => {
    const user = randomUUID();
    const done: string[] = [];
    await subject
      .work(() => Promise.resolve(void done.push('work')))
      .run(async (tx) => {
        done.push('end');
        await subject.sessions.bumpVersion(user, { tx });
        assert.equal(await version(subject, user), 1);
      });
    assert.deepEqual(done, ['work', 'end']);
    assert.equal(await version(subject, user), 2);
  },

  'work: any failure rolls both back, and its error is thrown': async (subject) => {
    const user = randomUUID();
    const [own, ending] = [new Error('of the host'), new Error('of the ending')];
    const failing = subject.work(() => Promise.reject(own));
    await assert.rejects(
      failing.run(() => Promise.reject(new Error('this must not be reached'))),
      (error) => error === own,
    );
    const working = subject.work(() => Promise.resolve());
    await assert.rejects(
      working.run(async (tx) => {
        await subject.sessions.bumpVersion(user, { tx });
        throw ending;
      }),
      (error) => error === ending,
    );
    assert.equal(await version(subject, user), 1);
  },
};

/**
 * The requirements on an adapter for `AuthService.userChanged(tx, …)` and `changeUser`. Cases share a database and
 * leave rows, each of its own users.
 */
export function hostTransactionConformance(
  subject: () => HostTransactionSubject | Promise<HostTransactionSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
