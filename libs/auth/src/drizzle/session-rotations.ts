import { withDeadline } from '../common/deadline.js';
import type { Rotation } from '../storage/session-store.port.js';
import { Batching } from './batching.js';
import type { Database, Row } from './database.js';
import { guarded, LOST_RACE, sqlState, undoneByServer } from './guarded.js';
import { PreparedStatement } from './prepared-statement.js';
import type { AuthSchema } from './schema.js';
import { rotateStatement, rotationValues } from './session-statements.js';
import type { UserColumns } from './user-columns.js';

const LIMITS = { size: 64, patienceMs: 50 };

/**
 * Rotations as prepared statements, many in one under load. A batch never waits for a row that somebody holds, so that one stuck session holds
 * no other up and no deadlock can arise; what it did not rotate is tried once more by itself, and that one waits.
 */
export class SessionRotations {
  private readonly batching: Batching<Rotation, Row | undefined>;
  private readonly skipLocked: PreparedStatement;
  private readonly waiting: PreparedStatement;

  constructor(
    db: Database,
    schema: AuthSchema,
    users: UserColumns | undefined,
    private readonly deadlineMs: number,
  ) {
    this.skipLocked = new PreparedStatement(db, rotateStatement(schema, users, 'skip locked'));
    this.waiting = new PreparedStatement(db, rotateStatement(schema, users, 'wait'));
    this.batching = new Batching(LIMITS, (rotations) => this.together(rotations));
  }

  /** The rotated session's row, or undefined where the token was not the current one of a live session. */
  async rotate(rotation: Rotation): Promise<Row | undefined> {
    const { result, withdraw } = this.batching.add(rotation);
    let isAwaited = true;
    const work = async (): Promise<Row | undefined> =>
      (await result) ?? (isAwaited ? this.alone(rotation) : undefined);
    try {
      return await guarded('rotate a session', this.deadlineMs, work);
    } finally {
      // one that nobody waits for any more must not spend the token
      isAwaited = false;
      withdraw();
    }
  }

  private async together(rotations: readonly Rotation[]): Promise<readonly (Row | undefined)[]> {
    try {
      const statement = this.skipLocked.rows(rotationValues(rotations));
      const rows = await withDeadline(statement, this.deadlineMs, 'rotate sessions');
      // of two with one token the statement takes one, and says which
      const byPosition = new Map(rows.map((row) => [Number(row['position']), row]));
      return rotations.map((_, at) => byPosition.get(at + 1));
    } catch (error) {
      // one value that Postgres cannot take must not refuse the others
      if (undoneByServer(error)) return rotations.map(() => undefined);
      throw error;
    }
  }

  private async alone(rotation: Rotation): Promise<Row | undefined> {
    try {
      return (await this.waiting.rows(rotationValues([rotation])))[0];
    } catch (error) {
      if (LOST_RACE.has(sqlState(error) ?? '')) return undefined;
      throw error;
    }
  }
}
