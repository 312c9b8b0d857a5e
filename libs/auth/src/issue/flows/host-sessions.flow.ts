import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { Session } from '../../storage/session.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { Announcer } from '../sessions/announcer.service.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { UserResolver } from '../users/user-resolver.service.js';

/** What routes of the host do with the sessions of a user: list them, and renew the proof of one. */
@Injectable()
export class HostSessionsFlow {
  constructor(
    private readonly resolver: UserResolver,
    private readonly users: UserDirectory,
    private readonly store: SessionStore,
    private readonly sessions: SessionService,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
  ) {}

  /** The live ones; empty for an unknown user. */
  async list(userId: string): Promise<readonly Session[]> {
    const id = await this.resolver.idOf(userId).catch((error: unknown) => {
      if (error instanceof AuthError && error.reason === 'user_not_found') return undefined;
      throw error;
    });
    return id === undefined ? [] : this.store.list(id);
  }

  /** Throws `session_not_found` where the session is not live, `token_refused` where it changed meanwhile. */
  async renewProof(sessionId: string, amr: readonly string[]): Promise<IssuedTokens> {
    const asOfMs = this.clock.now();
    const found = await this.store.read(sessionId);
    if (!found?.live) throw new AuthError('session_not_found', 'no live session has that id');
    const { id, subject, actor } = found.session;
    if (actor)
      throw new AuthError(
        'forbidden',
        'a session that acts as the user cannot prove a credential of the user',
      );
    const account = (await this.users.findById(subject))?.account;
    if (!account || account.disabled)
      throw new AuthError('session_not_found', 'the user is gone or disabled');
    await this.access.rehearse(id, account, asOfMs);
    const authTime = new Date(asOfMs);
    const renewed = { sessionId: id, subject, expected: found.subject, amr, authTime };
    const outcome = await this.sessions.reauthenticated(renewed);
    if (outcome.kind === 'superseded')
      throw new AuthError('token_refused', 'the session moved on or ended', { cookies: 'keep' });
    await this.announcer.announce(outcome);
    return this.access.grant(outcome, account, asOfMs);
  }
}
