import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { Announcer } from '../sessions/announcer.service.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { Identifiers } from '../users/identifiers.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';

/** The checks of a login, for routes of the host. */
@Injectable()
export class HostChecksFlow {
  constructor(
    private readonly passwords: ThrottledPasswordCheck,
    private readonly identifiers: Identifiers,
    private readonly verifier: PasswordVerifier,
    private readonly users: UserDirectory,
    private readonly store: SessionStore,
    private readonly sessions: SessionService,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /** Throws `login_refused`, the same for every cause, and `throttled`. */
  async checkPassword(
    typed: string,
    password: string,
    { device, ...client }: ClientContext & { readonly device?: string },
  ): Promise<UserAccount> {
    const identifier = this.identifiers.normalise(typed);
    const find = () => this.verifier.find(identifier, client.tenant);
    const attempt = { identifier, password, find, rehash: 'replace', device, client } as const;
    const { outcome } = await this.passwords.check(attempt);
    if (outcome.kind === 'verified') return outcome.candidate.account;
    const { reason, userId } = outcome;
    this.events.publish({
      type: 'login.failed',
      reason,
      userId,
      ip: client.ip,
      tenant: client.tenant,
    });
    throw new AuthError('login_refused', reason);
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
    const renewed = { sessionId: id, subject, expected: found.subject, amr };
    const outcome = await this.sessions.reauthenticated(renewed);
    if (outcome.kind === 'superseded')
      throw new AuthError('token_refused', 'the session moved on or ended', { cookies: 'keep' });
    await this.announcer.announce(outcome);
    return this.access.grant(outcome, account, asOfMs);
  }
}
