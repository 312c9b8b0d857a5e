import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext, Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { MailedLinks, ofTenant } from '../accounts/mailed-links.service.js';
import { MailLimits } from '../accounts/mail-limits.service.js';
import { accountKey } from '../users/account-key.js';
import { PasswordVerifier, type VerifiedCandidate } from '../users/password-verifier.service.js';

const KIND = 'email_verify';

/** Mails the link that verifies an email, also to a user who has verified it before. */
@Injectable()
export class SendVerificationFlow {
  constructor(
    private readonly limits: MailLimits,
    private readonly verifier: PasswordVerifier,
    private readonly links: MailedLinks,
    private readonly events: AuthEventPublisher,
  ) {}

  /** For a signed-in user who asks for the link. Throws `throttled` for an address that asked too often. */
  async send(principal: Principal, client: ClientContext): Promise<void> {
    await this.limits.admitAddress(KIND, client);
    const candidate = await this.verifier.findById(principal.id);
    if (!candidate) throw new AuthError('token_refused', 'the user is gone');
    await this.mail(candidate, client, principal.id);
  }

  /** To be called after registration. The user is registered even if the mail fails. */
  async welcome(userId: string, client: ClientContext): Promise<void> {
    try {
      const candidate = await this.verifier.findById(userId);
      if (candidate) await this.remind(candidate, client);
    } catch {
      this.events.publish({ type: 'mail.failed', kind: KIND, userId });
    }
  }

  /** Called after a right password. Past the limits nothing is mailed, and nothing is thrown. */
  async remind(candidate: VerifiedCandidate, client: ClientContext): Promise<void> {
    try {
      await this.limits.admitAddress(KIND, client);
    } catch (error) {
      if (error instanceof AuthError && error.reason === 'throttled') return;
      throw error;
    }
    await this.mail(candidate, client);
  }

  private async mail(
    candidate: VerifiedCandidate,
    client: ClientContext,
    actorId?: string,
  ): Promise<void> {
    const { account } = candidate;
    // not the tenant of the request, which may be spelled in several ways, or missing: each would be a limit of its own
    const { ip, tenant } = ofTenant(candidate, client);
    const may = await this.limits.admitAccount(
      KIND,
      { ip, tenant },
      accountKey(account.email, tenant),
    );
    this.events.publish({
      type: 'link.requested',
      kind: KIND,
      userId: account.id,
      actorId,
      ip,
      tenant,
    });
    if (may) this.links.send(KIND, candidate);
  }
}
