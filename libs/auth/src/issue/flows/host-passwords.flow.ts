import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import { Identifiers } from '../users/identifiers.service.js';
import { PasswordPolicy } from '../users/password-policy.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';

/** The checks of passwords, for routes of the host. */
@Injectable()
export class HostPasswordsFlow {
  constructor(
    private readonly passwords: ThrottledPasswordCheck,
    private readonly identifiers: Identifiers,
    private readonly verifier: PasswordVerifier,
    private readonly policy: PasswordPolicy,
    private readonly events: AuthEventPublisher,
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

  /** Throws `password_unacceptable`. */
  checkNew(
    text: string,
    context: { readonly email?: string; readonly identifier?: string },
  ): Promise<void> {
    return this.policy.check(text, { ...context, field: 'newPassword' });
  }
}
