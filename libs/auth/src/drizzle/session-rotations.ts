import { withDeadline } from '../common/deadline.js';
import type { Rotation } from '../storage/session-store.port.js';
import type { AuthDatabase } from './auth-database.js';
import { Batching } from './batching.js';
import type { Row } from './database.js';
import { LOST_RACE, sqlState, undoneByServer } from './guarded.js';
import { PreparedStatement } from './prepared-statement.js';
import { rotateStatement, rotationValues } from './session-statements.js';

const LIMITS = { size: 64, patienceMs: 50 };
const WHAT = 'rotate a session';

/**
 * Rotations as prepared statements, many in one under load. A batch never waits for a row that somebody holds, so that one stuck session holds
 * no other up and no deadlock can arise; what it did not rotate is tried once more by itself, and that one waits.
 */
export class SessionRotations {
  private readonly batching: Batching<Rotation, Row | undefined>;
  private skipLocked: PreparedStatement | undefined;
  private waiting: PreparedStatement | undefined;

  constructor(
    private readonly database: AuthDatabase,
    private readonly deadlineMs: number,
  ) {
    this.batching = new Batching(LIMITS, (rotations) => this.together(rotations));
  }

  /** The rotated session's row, or undefined where the token was not the current one of a live session. */
  async rotate(rotation: Rotation): Promise<Row | undefined> {
    const until = performance.now() + this.deadlineMs;
    const { result, withdraw } = this.batching.add(rotation);
    // one that nobody waits for any more must not spend the token
    const row = await withDeadline(result, this.deadlineMs, WHAT).finally(withdraw);
    return row ?? this.alone(rotation, until - performance.now());
  }

  private async together(rotations: readonly Rotation[]): Promise<readonly (Row | undefined)[]> {
    try {
      const rows = await this.database.call('rotate sessions', this.deadlineMs, (call) => {
        this.skipLocked ??= new PreparedStatement(this.statement('skip locked'));
        // it commits by itself: whoever does not see its answer has to look
        call.commits(0);
        return this.skipLocked.rows(call, rotationValues(rotations));
      });
      // of two with one token the statement takes one, and says which
      const byPosition = new Map(rows.map((row) => [Number(row['position']), row]));
      return rotations.map((_, at) => byPosition.get(at + 1));
    } catch (error) {
      // one value that Postgres cannot take must not refuse the others
      if (undoneByServer(error)) return rotations.map(() => undefined);
      throw error;
    }
  }

  /** In a transaction, which bounds how long it waits for the row, and is not committed for nobody. */
  private async alone(rotation: Rotation, leftMs: number): Promise<Row | undefined> {
    try {
      return await this.database.transaction(WHAT, Math.max(1, leftMs), async (tx) => {
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
