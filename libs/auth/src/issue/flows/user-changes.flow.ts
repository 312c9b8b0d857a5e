import { Injectable, Logger } from '@nestjs/common';
import type { ActedBy } from '../../storage/store-change.js';
import type { EndReason } from '../../storage/end-reason.js';
import {
  type HostTransaction,
  type HostWork,
  transactionRefused,
} from '../../storage/sql-transaction.port.js';
import type { LedgerEntry, RevocableToken } from '../../storage/ledger-entry.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { Announcer } from '../sessions/announcer.service.js';
import { type Alongside, type Ended, SessionStore } from '../../storage/session-store.port.js';
import { UserResolver } from '../users/user-resolver.service.js';
import { withHostWork } from '../sessions/host-work.js';
import { together } from '../sessions/work-together.js';

/**
 * What changed. `authorization` (role, permissions) ends the access tokens; the others end the sessions as well.
 */
export type UserChange = 'authorization' | 'password' | 'disabled' | 'deleted' | 'signed_out';

/**
 * To be called after the host's commit. If the call is forgotten, the change still takes effect everywhere within
 * `maxStaleness`, because the ledger is read again. If it is called before the commit, or after a rollback (also to a
 * savepoint), no token is refused and the log says so; the event is published all the same.
 */
export interface PendingChange {
  committed(): Promise<void>;
}

const REASON: Record<Exclude<UserChange, 'authorization'>, EndReason> = {
  password: 'password_changed',
  disabled: 'user_disabled',
  deleted: 'user_deleted',
  signed_out: 'ended_by_host',
};

/**
 * Changes of a user that the host makes. Sessions and tokens end in the same transaction. Throws `user_not_found` for
 * an unknown user.
 */
@Injectable()
export class UserChangesFlow {
  constructor(
    private readonly resolver: UserResolver,
    private readonly store: SessionStore,
    private readonly announcer: Announcer,
    private readonly ledger: RevocationLedgerStore,
  ) {}

  /**
   * Runs `work` and ends the sessions in one transaction of Tokenward's. It is in effect in this process when the
   * promise resolves.
   */
  async change(
    given: string,
    change: UserChange,
    { work, actorId }: Omit<Alongside, 'tx'>,
  ): Promise<void> {
    const userId = await this.idFor(change, given);
    const ended = await withHostWork(work, (own) =>
      together(own, (given) => this.apply(userId, change, { work: given, actorId })),
    );
    await this.announcer.announce(ended);
  }

  /**
   * The same in a transaction that the host's own library opens and commits for `work`. It is in effect in this
   * process when the promise resolves.
   */
  async changeIn(work: HostWork, given: string, change: UserChange, by?: ActedBy): Promise<void> {
    let pending: PendingChange | undefined;
    await work.run(async (tx) => {
      pending = await this.within(tx, given, change, by);
    });
    if (!pending)
      throw transactionRefused('the work committed without ending anything: it must call `end`');
    await pending.committed();
  }

  /** Joins a transaction that the host has opened. */
  async within(
    tx: HostTransaction,
    given: string,
    change: UserChange,
    { actorId }: ActedBy = {},
  ): Promise<PendingChange> {
    // without `tx` the change would be written in a transaction of Tokenward's, which the host's rollback does not undo
    if (typeof tx !== 'object' || (tx as unknown) === null)
      throw transactionRefused('is missing; pass the transaction that you opened');
    const userId = await this.idFor(change, given, tx);
    const ended = await this.apply(userId, change, { tx, actorId });
    return { committed: () => this.announceIfItStands(ended) };
  }

  /**
   * Checks that the change was committed: an entry that was rolled back would lock the user out for as long as it
   * lives.
   */
  private async announceIfItStands(ended: Ended): Promise<void> {
    const asked = ended.entries.flatMap((each) => (each.kind === 'user' ? [refusedBy(each)] : []));
    // a ledger that does not answer must not hold a revocation back
    const stands = await Promise.all(
      asked.map((token) => this.ledger.isRevoked(token).catch(() => true)),
    );
    if (!stands.includes(false)) return this.announcer.announce(ended);
    new Logger('Tokenward').warn(
      'committed() was called before the commit of its transaction, or after a rollback: no token is refused because of it. Call it after the commit',
    );
    return this.announcer.announce({ ...ended, entries: [] });
  }

  private idFor(change: UserChange, given: string, tx?: HostTransaction): Promise<string> {
    return change === 'deleted'
      ? this.resolver.idOfDeleted(given, tx)
      : this.resolver.idOf(given, tx);
  }

  private apply(userId: string, change: UserChange, alongside: Alongside): Promise<Ended> {
    return change === 'authorization'
      ? this.store.bumpVersion(userId, alongside)
      : this.store.endAll(userId, REASON[change], alongside);
  }
}

/** A made-up token that this entry refuses. Apart from it, only a later entry of the same kind refuses that token. */
function refusedBy({ id, value }: LedgerEntry): RevocableToken {
  const nobody = 'none';
  return {
    subject: id,
    tokenVersion: value - 1,
    issuedAt: Number.MAX_SAFE_INTEGER,
    tokenId: nobody,
    sessionId: nobody,
    keyId: nobody,
  };
}
