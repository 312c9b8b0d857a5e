import { Injectable } from '@nestjs/common';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { MailedLinks } from '../accounts/mailed-links.service.js';
import { MailLimits } from '../accounts/mail-limits.service.js';
import { accountKey } from '../users/account-key.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';

/**
 * "Forgot password" and "mail me a link": the same answer in the same time, whether an account has the address or not.
 */
@Injectable()
export class RequestLinkFlow {
  constructor(
    private readonly limits: MailLimits,
    private readonly verifier: PasswordVerifier,
    private readonly links: MailedLinks,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `throttled` for a network address that asked too often; past the limit of an account there is no mail. */
  async request(
    kind: 'password_reset' | 'magic_link',
    given: string,
    client: ClientContext,
  ): Promise<void> {
    await this.limits.admitAddress(kind, client);
    const email = normaliseEmail(given);
    const may = await this.limits.admitAccount(kind, client, accountKey(email, client.tenant));
    const owner = await this.verifier.ownerOf(email, client.tenant);
    // an address of several accounts gets no mail, and the same answer as an address of none
    const candidate = owner === 'several' ? undefined : owner;
    const account = candidate?.account;
    const { ip, tenant } = client;
    this.events.publish({ type: 'link.requested', kind, userId: account?.id, ip, tenant });
    if (!may || !candidate || candidate.account.disabled) return;
    this.links.send(kind, candidate, () =>
      this.mayByItsTenant(kind, email, candidate.account.tenant, client),
    );
  }

  /**
   * A directory may find a tenant under several spellings (a `uuid` column does), and each has a counter of its own: a
   * stranger could send the owner five mails by each of them.
   */
  private async mayByItsTenant(
    kind: 'password_reset' | 'magic_link',
    email: string,
    tenant: string | undefined,
    client: ClientContext,
  ): Promise<boolean> {
    if (tenant === undefined || tenant === client.tenant) return true;
    return this.limits.admitAccount(kind, { ...client, tenant }, accountKey(email, tenant));
  }
}
