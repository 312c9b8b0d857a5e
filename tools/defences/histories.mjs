import { defence } from './defence.mjs';

/** The history goes on until every trouble came more than once; the checker ends it as soon as it finds anything. */
const more = { built: true, env: { HISTORY_REQUESTS: '8000' } };
const planted = (what, file, take, leave) =>
  defence('histories', what, file, take, leave, 'T-hst5', more);

/** Rules of the protocol: without one of them the checker of histories (test/histories/) finds what it forbids. */
export const HISTORIES = [
  planted(
    'a view that is too old accepts nothing',
    'verify/revocation/protocol/revocation-view.ts',
    '!this.mirror.overflowed && this.ageMs() <= maxStalenessMs',
    '!this.mirror.overflowed && this.ageMs() < Infinity',
  ),
  planted(
    'only the current token rotates',
    'drizzle/session-statements.ts',
    's.id = r.id and s.generation = r.generation and s.token_hash = r.presented and',
    's.id = r.id and',
  ),
  planted(
    'a retry with the Idempotency-Key of its rotation is not taken for a theft',
    'issue/sessions/rotation-outcome.ts',
    'return retryWindowMs > 0 && rotatedAgoMs <= retryWindowMs;',
    'return retryWindowMs > rotatedAgoMs && Number.isNaN(0);',
  ),
  planted(
    'the process that ends a session refuses its tokens before it answers',
    'issue/sessions/announcer.service.ts',
    'this.sync.add(entries);',
    '',
  ),
  planted(
    'the end of a session is written into the ledger',
    'drizzle/write-change.ts',
    'await insertEntries(tx, revocations, entries);',
    'void insertEntries;',
  ),
  planted(
    'a logout that cannot be committed is not answered with success',
    'issue/flows/logout.flow.ts',
    "await this.store.endOne(sessionId, 'logout');",
    "await this.store.endOne(sessionId, 'logout').catch(() => undefined);",
  ),
  planted(
    'a theft ends the session',
    'drizzle/reuse-ending.ts',
    "await markEnded(tx, schema, family, 'reuse');",
    '[];',
  ),
  planted(
    'a proof of freshness is dated by what it proves, not by its arrival',
    'verify/revocation/protocol/revocation-view.ts',
    "this.#prove('redis', date);",
    "this.#prove('redis', instantOf(this.clock));",
  ),
  planted(
    'rows that the feed has lost are written again',
    'verify/revocation/protocol/ledger-sync.ts',
    'const from = base?.position?.ledger === mine ? base.position : undefined;',
    'const from = this.view.position;',
  ),
  planted(
    'an answer of Redis without a fresh heartbeat proves nothing',
    'verify/revocation/revocation-checker.service.ts',
    'view.answerAgeMs(sentAt, answer) <= this.maxStalenessMs',
    'view.answerAgeMs(sentAt, answer) <= Infinity',
  ),
];
