import { Injectable } from '@nestjs/common';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { MailedLinks, ofTenant } from '../accounts/mailed-links.service.js';
import { NewPasswords } from '../users/new-passwords.service.js';
import { ClaimAccountFlow } from './claim-account.flow.js';
import { UserChangesFlow } from './user-changes.flow.js';

export interface ResetPasswordInput {
  readonly token: string;
  readonly newPassword: string;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

const KIND = 'password_reset';

/**
 * A mailed token and a new password: every session ends and the email counts as verified, in the transaction that
 * spends the token.
 */
@Injectable()
export class ResetPasswordFlow {
  constructor(
    private readonly links: MailedLinks,
    private readonly newPasswords: NewPasswords,
    private readonly users: UserDirectory,
    private readonly changes: UserChangesFlow,
    private readonly claims: ClaimAccountFlow,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `link_refused`; a new password that is not acceptable spends nothing. */
  async reset(
    { token, newPassword, device }: ResetPasswordInput,
    client: ClientContext,
  ): Promise<void> {
    const link = await this.links.read(KIND, token);
    if (!link) throw this.links.refusal(KIND, 'no live token', client);
    const { account, data, state } = link;
    const { ip, tenant } = ofTenant(link, client);
    const { email, identifier } = account;
    const hash = await this.newPasswords.hash(
      newPassword,
      { email, identifier, field: 'newPassword' },
      { account: `reset of ${account.id}`, ip },
    );

    const isClaim = this.claims.isDue(account, device, state.epoch);
    const isTheirs = (tx?: HostTransaction) =>
      this.users.accounts?.verifyEmail(account.id, data.email, tx);
    const lost = () => this.links.refusal(KIND, 'spent or dead by now', { ip, tenant }, account.id);
    // the host may have changed the email while the hash was computed
    if (isClaim && !(await this.links.liveLink(account.id, data))) throw lost();
    await this.claims.forgetting(account.id, async (forget) => {
      const work = async (tx: HostTransaction): Promise<void> => {
        // first: a directory in another database could not undo its change if the token turns out to be spent
        if (!(await this.links.spend(KIND, token, { tx, locks: 'owner_first' }))) throw lost();
        if (!isClaim && !(await isTheirs(tx))) throw lost();
        await forget(tx);
        if (!(await this.users.accounts?.setPasswordHash(account.id, hash, tx))) throw lost();
      };
      if (isClaim) await this.claims.endWaysIn(account.id, work);
      else await this.changes.change(account.id, 'password', { work });
    });
    // done last: after a crash before this line, the next link claims the account again
    const verified = isClaim ? (await isTheirs()) === true : !account.emailVerified;
    this.events.publish({ type: 'link.used', kind: KIND, userId: account.id, ip, tenant });
    if (verified) this.events.publish({ type: 'email.verified', userId: account.id, ip, tenant });
  }
}
