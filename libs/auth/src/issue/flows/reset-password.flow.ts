import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { MailedLinks } from '../accounts/mailed-links.service.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { PasswordPolicy } from '../users/password-policy.service.js';
import { UserChangesFlow } from './user-changes.flow.js';

export interface ResetPasswordInput {
  readonly token: string;
  readonly newPassword: string;
}

const KIND = 'password_reset';

/** A mailed token and a new password: every session ends and the email counts as verified, in the transaction that spends the token. */
@Injectable()
export class ResetPasswordFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly users: UserDirectory,
    private readonly changes: UserChangesFlow,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `link_refused`; a new password that is not acceptable spends nothing. */
  async reset({ token, newPassword }: ResetPasswordInput, client: ClientContext): Promise<void> {
    const link = await this.links.read(KIND, token);
    if (!link) throw this.links.refusal(KIND, 'no live token', client);
    const { account, data } = link;
    await this.policy.check(newPassword, { email: account.email, field: 'newPassword' });
    const address = networkOf(client.ip);
    const hash = await this.hasher.hash(newPassword, { account: `reset of ${account.id}`, address });

    const lost = () => this.links.refusal(KIND, 'spent or dead by now', client, account.id);
    await this.changes.change(account.id, 'password', {
      work: async (tx) => {
        // first of all: a directory elsewhere cannot take back what it did for a token that somebody else has spent
        if (!(await this.tokens.redeem(KIND, token, tx))) throw lost();
        if (!(await this.users.accounts?.verifyEmail(account.id, data.email, tx))) throw lost();
        // whoever linked one had not shown that the email was theirs
        await this.methods.identities?.removeUnproven(account.id, tx);
        if (!(await this.users.accounts?.setPasswordHash(account.id, hash, tx))) throw lost();
      },
    });
    this.events.publish({ type: 'link.used', kind: KIND, userId: account.id, ip: client.ip });
    if (!account.emailVerified)
      this.events.publish({ type: 'email.verified', userId: account.id, ip: client.ip });
  }
}
