import { withDeadline } from '../common/deadline.js';
import { RecentValues } from '../common/recent-values.js';
import type { SessionSnapshot } from '../storage/session.js';
import type { Rotation } from '../storage/session-store.port.js';
import type { AuthDatabase } from './auth-database.js';
import { Batching } from './batching.js';
import type { Row } from './database.js';
import { LOST_RACE, sqlState, undoneByServer } from './guarded.js';
import { PreparedStatement } from './prepared-statement.js';
import type { SessionReads } from './session-reads.js';
import { rotateStatement, rotationValues } from './session-statements.js';

const LIMITS = { size: 64, patienceMs: 50 };
const WHAT = 'rotate a session';
/** About a megabyte; whoever is forgotten costs its next use one statement more. */
const MAX_TRIED = 4096;

/** The rotated session's row, or what was found after the miss; neither where that is not known. */
interface Turn {
  readonly row?: Row;
  readonly found?: SessionSnapshot;
}

/**
 * Rotations as prepared statements, many in one under load. A batch never waits for a row that somebody holds, so that one stuck session holds
 * no other up and no deadlock can arise; what it did not rotate, and is still current, is tried once more by itself, and that one waits.
 */
export class SessionRotations {
  private readonly batching: Batching<Rotation, Row | undefined>;
  /** Uses under way, and the last that were; each ends without a word. */
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
    const row = await (before ? withDeadline(before, this.deadlineMs, WHAT) : this.first(token, rotation));
    if (row) return { row };
    const found = await this.reads.afterMiss(rotation.sessionId, leftMs());
    if (!found || !isCurrent(found, rotation)) return { found };
    this.tried.delete(token);
    return { row: await this.alone(rotation, leftMs()) };
  }

  /**
   * The first use of a token that this process sees. Whoever comes with the same one waits for its outcome and then looks for itself: spent stays
   * spent, so that of a herd on one token no loser needs a rotation, nor a transaction, to learn that it lost.
   */
  private async first(token: string, rotation: Rotation): Promise<Row | undefined> {
    const { result, withdraw } = this.batching.add(rotation);
    // one that nobody waits for any more must not spend the token
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

/** What decides whether a use matches its row. */
function tokenOf({ sessionId, generation, presentedHash, provedKey }: Rotation): string {
  return `${sessionId} ${String(generation)} ${presentedHash.toString('base64')} ${provedKey ?? ''}`;
}

function isCurrent({ live, session, tokenHash }: SessionSnapshot, rotation: Rotation): boolean {
  if (!live || session.generation !== rotation.generation) return false;
  const isProved = !session.bound || session.bound.key === rotation.provedKey;
  return isProved && tokenHash.equals(rotation.presentedHash);
}
