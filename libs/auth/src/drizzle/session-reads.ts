import { withDeadline } from '../common/deadline.js';
import type { SessionSnapshot } from '../storage/session.js';
import type { AuthDatabase } from './auth-database.js';
import { Batching } from './batching.js';
import type { Row } from './database.js';
import { PreparedStatement } from './prepared-statement.js';
import { answeredByPrimary, askedOfPrimary } from './primary-answer.js';
import { toSnapshot } from './session-rows.js';
import { readStatement, UUID } from './session-statements.js';

const LIMITS = { size: 64, patienceMs: 50 };
/** A use that lost can wait: the client gets the answer from the use that won. */
const GATHER_MS = 20;
const WHAT = 'read a session';

/**
 * Reads that are never older than the request, combined into one statement under load. A request that arrives while a
 * statement runs waits for the next one, because a session may have ended in between.
 */
export class SessionReads {
  private readonly batching: Batching<string, Row | undefined>;
  private readonly gathering: Batching<string, Row | undefined>;
  private statement: PreparedStatement | undefined;

  constructor(
    private readonly database: AuthDatabase,
    private readonly deadlineMs: number,
  ) {
    const send = (sessionIds: readonly string[]) => this.together(sessionIds);
    this.batching = new Batching(LIMITS, send);
    this.gathering = new Batching({ ...LIMITS, gatherMs: GATHER_MS }, send);
  }

  async read(sessionId: string): Promise<SessionSnapshot | undefined> {
    return UUID.test(sessionId)
      ? this.ask(this.batching, sessionId.toLowerCase(), this.deadlineMs)
      : undefined;
  }

  /** The same for a use of a token that lost the race: it waits a moment for others like it. */
  afterMiss(sessionId: string, deadlineMs: number): Promise<SessionSnapshot | undefined> {
    return this.ask(this.gathering, sessionId, deadlineMs);
  }

  private async ask(
    batching: Batching<string, Row | undefined>,
    sessionId: string,
    deadlineMs: number,
  ): Promise<SessionSnapshot | undefined> {
    const { result, withdraw } = batching.add(sessionId);
    const row = await withDeadline(result, deadlineMs, WHAT).finally(withdraw);
    return row && toSnapshot(row, this.database.users);
  }

  private async together(sessionIds: readonly string[]): Promise<readonly (Row | undefined)[]> {
    const ids = [...new Set(sessionIds)];
    const rows = await this.database.call(WHAT, this.deadlineMs, async (call) => {
      const { tables, users, histories } = this.database;
      this.statement ??= new PreparedStatement(askedOfPrimary(readStatement(tables, users)));
      const found = await this.statement.rows(call, { ids });
      return answeredByPrimary(found, histories.newestTimeline());
    });
    const byId = new Map(rows.map((row) => [String(row['id']), row]));
    return sessionIds.map((id) => byId.get(id));
  }
}
