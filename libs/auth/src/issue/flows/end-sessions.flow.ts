import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../../storage/acted-by.js';
import { AuthError } from '../../common/auth-error.js';
import type { EndReason } from '../../storage/end-reason.js';
import type { Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { RevocationService } from '../sessions/revocation.service.js';
import type { Session } from '../../storage/session.js';
import { type Alongside, type Ended, SessionStore } from '../../storage/session-store.port.js';
import { AuthenticateFlow } from '../../verify/authenticate.js';
import { UserResolver } from '../users/user-resolver.service.js';

/** Ending sessions on purpose: one, the others, all, or another user's. */
@Injectable()
export class EndSessionsFlow {
  constructor(
    private readonly store: SessionStore,
    private readonly resolver: UserResolver,
    private readonly authenticate: AuthenticateFlow,
    private readonly revocations: RevocationService,
    private readonly events: AuthEventPublisher,
  ) {}

  list(principal: Principal): Promise<readonly Session[]> {
    return this.store.list(principal.id);
  }

  /** `session_not_found` when it is not the caller's, or no longer there: the two look alike. */
  async endOne({ id: userId }: Principal, given: string): Promise<void> {
    const by = { actorId: userId };
    const ended = await this.store.endOne(given, 'ended_by_user', { subject: userId, ...by });
    if (!ended) throw new AuthError('session_not_found', 'no live session of the caller has that id');
    await this.revocations.announce(ended.entries);
    const { sessionId = given } = ended;
    this.events.publish({ type: 'session.ended', userId, ...by, sessionId, reason: 'ended_by_user' });
  }

  async endOthers({ id: userId, sessionId }: Principal): Promise<void> {
    const ended = await this.store.endOthers(userId, sessionId, 'ended_by_user');
    await this.announce(userId, ended, 'ended_by_user', { actorId: userId });
  }

  async endAll(userId: string, reason: EndReason, alongside?: Alongside): Promise<Ended> {
    const ended = await this.store.endAll(userId, reason, alongside);
    if (!alongside?.tx) await this.announce(userId, ended, reason, alongside);
    return ended;
  }

  /** Role `admin`, checked against the database. */
  async revokeUser(admin: Principal, userId: string): Promise<void> {
    await this.authenticate.confirm(admin);
    if (admin.role !== 'admin') throw new AuthError('forbidden', 'role admin is needed');
    await this.endAll(await this.resolver.idOf(userId), 'ended_by_admin', { actorId: admin.id });
  }

  private async announce(
    userId: string,
    { sessions: count, entries }: Ended,
    reason: EndReason,
    { actorId }: ActedBy = {},
  ): Promise<void> {
    await this.revocations.announce(entries);
    this.events.publish({ type: 'sessions.ended', userId, actorId, count, reason });
  }
}
