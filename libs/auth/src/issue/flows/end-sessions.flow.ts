import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { doerOf, type Principal } from '../../common/principal.js';
import { Announcer } from '../sessions/announcer.service.js';
import { RevocationService } from '../sessions/revocation.service.js';
import type { Session } from '../../storage/session.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { AuthenticateFlow } from '../../verify/authenticate.js';
import { UserResolver } from '../users/user-resolver.service.js';

/** Ends sessions on request: one, all others, all, or another user's. */
@Injectable()
export class EndSessionsFlow {
  constructor(
    private readonly store: SessionStore,
    private readonly users: UserDirectory,
    private readonly resolver: UserResolver,
    private readonly authenticate: AuthenticateFlow,
    private readonly revocations: RevocationService,
    private readonly announcer: Announcer,
  ) {}

  list(principal: Principal): Promise<readonly Session[]> {
    return this.store.list(principal.id);
  }

  /**
   * Throws `session_not_found`, both for a session of another user and for one that has ended. Throws `forbidden` if
   * the caller acts as the user and the session is not the one in which they act.
   */
  async endOne(principal: Principal, sessionId: string): Promise<void> {
    if (principal.actor && sessionId !== principal.sessionId)
      if ((await this.list(principal)).some(({ id }) => id === sessionId))
        throw new AuthError('forbidden', 'an actor must not sign the user out');
    const by = { subject: principal.id, actorId: doerOf(principal) };
    const ended = await this.store.endOne(sessionId, 'ended_by_user', by);
    if (!ended)
      throw new AuthError('session_not_found', 'no live session of the caller has that id');
    await this.announcer.announce(ended);
  }

  async endOthers({ id: userId, sessionId }: Principal): Promise<void> {
    await this.announcer.announce(await this.store.endOthers(userId, sessionId, 'ended_by_user'));
  }

  endAll({ id }: Principal): Promise<void> {
    return this.revocations.endAll(id, 'logout_all', { actorId: id });
  }

  /**
   * Throws `forbidden` unless the caller has the role `admin` in the database; `user_not_found` for a user of another
   * tenant than the admin's.
   */
  async revokeUser(admin: Principal, userId: string): Promise<void> {
    await this.authenticate.confirm(admin);
    if (admin.role !== 'admin') throw new AuthError('forbidden', 'role admin is needed');
    const subject = await this.resolver.idOf(userId);
    // a token tells its tenant only with the option `tenants`
    const own = (await this.users.findById(admin.id))?.account;
    if (!own) throw new AuthError('token_refused', 'the admin is gone');
    const { tenant } = own;
    if (tenant !== undefined && (await this.users.findById(subject))?.account.tenant !== tenant)
      throw new AuthError('user_not_found', 'a user of another tenant');
    await this.revocations.endAll(subject, 'ended_by_admin', { actorId: admin.id });
  }
}
