import { withDeadline } from '../common/deadline.js';
import { RecentValues } from '../common/recent-values.js';
import type { SessionSnapshot } from '../storage/session.js';
import type { Rotation } from '../storage/session-store.port.js';
import type { AuthDatabase } from './auth-database.js';
import { Batching } from './batching.js';
import type { Row } from './database.js';
import { LOST_RACE, sqlState, undoneByServer } from './guarded.js';
import { PreparedStatement } from './prepared-statement.js';
import { assertPrimary } from './primary-answer.js';
import type { SessionReads } from './session-reads.js';
import { rotateStatement, rotationValues } from './session-statements.js';

const LIMITS = { size: 64, patienceMs: 50 };
const WHAT = 'rotate a session';
/** About one megabyte. If an entry is dropped, its next use costs one more statement. */
const MAX_TRIED = 4096;

/** The row of the rotated session, or what was found after a miss; neither if the result is unknown. */
interface Turn {
  readonly row?: Row;
  readonly found?: SessionSnapshot;
}

/**
 * Rotations as prepared statements, combined under load. A batch never waits for a locked row, so
 * that one blocked session does not delay the others and no deadlock is possible. A session that
 * was skipped and is still current is tried once more by itself, and that try waits.
 */
export class SessionRotations {
  private readonly batching: Batching<Rotation, Row | undefined>;
  /** Uses in progress and the most recent ones. These promises never reject. */
  private readonly tried = new RecentValues<string, Promise<undefined>>(MAX_TRIED);
  private skipLocked: PreparedStatement | undefined;
  private waiting: PreparedStatement | undefined;

  constructor(
    private readonly database: AuthDatabase,
    private readonly reads: SessionReads,
    private readonly deadlineMs: number,
  ) {
    this.batching = new Batching(LIMITS, (rotations) => this.together(rotations));
  }

  async rotate(rotation: Rotation): Promise<Turn> {
    const until = performance.now() + this.deadlineMs;
    const leftMs = (): number => Math.max(1, until - performance.now());
    const token = tokenOf(rotation);
    const before = this.tried.get(token);
    const row = await (before
      ? withDeadline(before, this.deadlineMs, WHAT)
      : this.first(token, rotation));
    if (row) return { row };
    const found = await this.reads.afterMiss(rotation.sessionId, leftMs());
    if (!found || !isCurrent(found, rotation)) return { found };
    this.tried.delete(token);
    return { row: await this.alone(rotation, leftMs()) };
  }

  /**
   * The first use of a token in this process. Later uses of the same token wait for its outcome and
   * then read the session: a used token stays used. So of many requests with one token, those that
   * lose need neither a rotation nor a transaction.
   */
  private async first(token: string, rotation: Rotation): Promise<Row | undefined> {
    const { result, withdraw } = this.batching.add(rotation);
    // a use whose caller has left must not spend the token
    const row = withDeadline(result, this.deadlineMs, WHAT).finally(withdraw);
    const outcome = row.then(
      () => undefined,
      () => void this.tried.delete(token),
    );
    this.tried.set(token, outcome);
    return row;
  }

  private async together(rotations: readonly Rotation[]): Promise<readonly (Row | undefined)[]> {
    try {
      const rows = await this.database.call('rotate sessions', this.deadlineMs, async (call) => {
        this.skipLocked ??= new PreparedStatement(this.statement('skip locked'));
        // it commits by itself: if the answer is lost, the session must be read again
        call.commits(0);
        const done = await this.skipLocked.rows(call, rotationValues(rotations));
        assertPrimary(done[0], this.database.histories.newestTimeline());
        return done;
      });
      // of two uses of one token the statement takes one, and returns its position
      const byPosition = new Map(rows.map((row) => [Number(row['position']), row]));
      return rotations.map((_, at) => byPosition.get(at + 1));
    } catch (error) {
      // one value that Postgres refuses must not fail the other rotations
      if (undoneByServer(error)) return rotations.map(() => undefined);
      throw error;
    }
  }

  /** In a transaction, which limits the wait for the row and commits nothing after the caller has left. */
  private async alone(rotation: Rotation, leftMs: number): Promise<Row | undefined> {
    try {
      return await this.database.transaction(WHAT, leftMs, async (tx) => {
        this.waiting ??= new PreparedStatement(this.statement('wait'));
        return (await tx.query(this.waiting.query(rotationValues([rotation])))).rows[0];
      });
    } catch (error) {
      if (LOST_RACE.has(sqlState(error) ?? '')) return undefined;
      throw error;
    }
  }

  private statement(locked: 'skip locked' | 'wait') {
    const { tables, users } = this.database;
    return rotateStatement(tables, users, locked, this.deadlineMs);
  }
}

/** The values that decide whether a use matches its row. */
function tokenOf({ sessionId, generation, presentedHash, provedKey }: Rotation): string {
  return `${sessionId} ${String(generation)} ${presentedHash.toString('base64')} ${provedKey ?? ''}`;
}

function isCurrent({ live, session, tokenHash }: SessionSnapshot, rotation: Rotation): boolean {
  if (!live || session.generation !== rotation.generation) return false;
  const isProved = !session.bound || session.bound.key === rotation.provedKey;
  return isProved && tokenHash.equals(rotation.presentedHash);
}
