import type { Actor } from '../common/principal.js';
import type { Replacement } from '../storage/session-store.port.js';
import type { SessionState } from '../storage/session.js';
import type { UserFacts } from '../storage/subject.js';
import type { MemoryDatabase, SessionRow } from './memory-database.js';
import { isUnexpired } from './memory-session-rows.js';

/** Which sessions may be used, and what is known of their users. */
export class MemorySessionReader {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly users: 'here' | 'elsewhere',
  ) {}

  replaceable({ sessionId, subject, presented, retry }: Replacement): SessionRow | undefined {
    const row = this.database.sessions.get(sessionId);
    if (row?.subject !== subject || !this.live(row)) return undefined;
    const current =
      !presented ||
      (row.generation === presented.generation && row.tokenHash.equals(presented.hash));
    const again = retry && row.rotationKey?.equals(retry.keyHash);
    return current && !again ? row : undefined;
  }

  stateOf(row: SessionRow): SessionState {
    const subject = this.database.subject(row.subject);
    if (this.users === 'elsewhere') return { session: row, subject };
    return {
      session: row,
      subject,
      user: this.factsOf(row.subject) ?? { permissions: [], disabled: false },
      acting: this.actingIn(row),
    };
  }

  actingIn(row: SessionRow | undefined): UserFacts | undefined {
    return this.users === 'here' && row?.actor ? this.factsOf(row.actor.id) : undefined;
  }

  factsOf(subject: string): UserFacts | undefined {
    const user = this.database.users.get(subject);
    if (!user) return undefined;
    const { role, permissions, disabled, tenant } = user;
    return { role, permissions, disabled, ...(tenant !== undefined && { tenant }) };
  }

  usableOf(subject: string): SessionRow[] {
    return this.database.sessionsOf(subject).filter((row) => this.usable(row));
  }

  /** Has not expired, and is of the subject's current epoch. */
  usable(row: SessionRow): boolean {
    return isUnexpired(row, this.nowMs) && row.epoch === this.database.subject(row.subject).epoch;
  }

  live(row: SessionRow): boolean {
    if (this.users === 'elsewhere') return this.usable(row);
    const mayUse = ({ id }: Actor) => this.factsOf(id)?.disabled === false;
    return this.usable(row) && mayUse({ id: row.subject }) && (!row.actor || mayUse(row.actor));
  }

  private get nowMs(): number {
    return this.database.clock.now();
  }
}
