import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext, Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { Mailer } from '../accounts/mailer.service.js';
import { MailedLinks, personOf } from '../accounts/mailed-links.service.js';
import { MailLimits } from '../accounts/mail-limits.service.js';
import { FreshProof } from '../factors/fresh-proof.service.js';
import { accountKey } from '../users/account-key.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';

const KIND = 'email_change';

/**
 * Asks for another email: the link goes to the new address, a notice to the present one. The answer does not show
 * whether the address is taken.
 */
@Injectable()
export class ChangeEmailFlow {
  constructor(
    private readonly proof: FreshProof,
    private readonly limits: MailLimits,
    private readonly users: UserDirectory,
    private readonly verifier: PasswordVerifier,
    private readonly links: MailedLinks,
    private readonly mailer: Mailer,
    private readonly events: AuthEventPublisher,
  ) {}

  async request(principal: Principal, given: string, client: ClientContext): Promise<void> {
    await this.proof.of(principal);
    await this.limits.admitAddress(KIND, client);
    const own = await this.verifier.findById(principal.id);
    if (!own) throw new AuthError('token_refused', 'the user is gone');
    const longest = this.users.accounts?.longestEmail ?? Infinity;
    const [email, previous] = [normaliseEmail(given), own.account.email.toLowerCase()];
    if (email === normaliseEmail(previous))
      throw new AuthError('input_invalid', 'the present address', {
        fields: { email: 'must be another address than the present one' },
      });
    if ([...email].length > longest)
      throw new AuthError('input_invalid', 'longer than the directory holds', {
        fields: { email: `must be an email address of at most ${longest} characters` },
      });
    // counted for the new address as well: otherwise many accounts together could flood it with mail
    const names = new Set([`of ${own.account.id}`, accountKey(email)]);
    const may = await this.limits.admitAccount(KIND, client, ...names);
    const owner = await this.verifier.ownerOf(email, own.account.tenant);
    const { id: userId, tenant } = own.account;
    this.events.publish({
      type: 'link.requested',
      kind: KIND,
      userId,
      actorId: userId,
      ip: client.ip,
      tenant,
    });
    if (!may) return;
    const present = { to: own.account.email, newEmail: email, ...personOf(own.account) };
    if (previous !== '') this.mailer.send({ kind: 'email_change_notice', ...present });
    const { sessionId } = principal;
    if (owner === undefined) this.links.sendChange(own, { email, previous, sessionId });
    else if (owner !== 'several') this.links.sendTaken(owner.account);
  }
}
