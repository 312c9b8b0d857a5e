import { Injectable } from '@nestjs/common';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { type LiveLink, MailedLinks, ofTenant } from '../accounts/mailed-links.service.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { together, type Work } from '../sessions/work-together.js';

/** Uses the mailed link that verifies an email: the present one, or the new one of a change. Throws `link_refused`. */
@Injectable()
export class VerifyEmailFlow {
  constructor(
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
    private readonly announcer: Announcer,
    private readonly events: AuthEventPublisher,
  ) {}

  async verify(token: string, client: ClientContext): Promise<void> {
    const present = await this.links.read('email_verify', token);
    if (present) return this.verifyPresent(token, present, ofTenant(present, client));
    const change = await this.links.read('email_change', token);
    if (change) return this.changeTo(token, change, ofTenant(change, client));
    throw this.links.refusal('email_verify', 'no live token', client);
  }

  private async verifyPresent(token: string, link: LiveLink, client: ClientContext): Promise<void> {
    const kind = 'email_verify';
    const { id: userId } = link.account;
    const lost = () => this.links.refusal(kind, 'spent or dead by now', client, userId);
    const work: Work = async (tx) => {
      if (!(await this.users.accounts?.verifyEmail(userId, link.data.email, tx))) throw lost();
    };
    const isSpent = await together(
      work,
      (given) => this.links.spend(kind, token, { work: given }),
      Boolean,
      'storage.oneTimeTokens',
    );
    if (!isSpent) throw lost();
    const { ip, tenant } = client;
    this.events.publish({ type: 'link.used', kind, userId, ip, tenant });
    this.events.publish({ type: 'email.verified', userId, ip, tenant });
  }

  /** Every other link dies. All sessions but the one that asked lose their access tokens and their proof. */
  private async changeTo(token: string, link: LiveLink, client: ClientContext): Promise<void> {
    const kind = 'email_change';
    const { id: userId } = link.account;
    const { email: to, previous: from = '', sessionId = '' } = link.data;
    const lost = (why: string) => this.links.refusal(kind, why, client, userId);
    const work: Work = async (tx) => {
      if (!(await this.links.spend(kind, token, { tx, locks: 'owner_first' })))
        throw lost('spent or dead by now');
      // a stolen session that was ended must not become the account by a link that it has asked for
      const live = await this.sessions.list(userId, tx);
      if (!live.some(({ id }) => id === sessionId)) throw lost('the session that asked has ended');
      const outcome = await this.users.accounts?.changeEmail(userId, { from, to }, tx);
      if (outcome !== 'changed') throw lost(`the address is ${outcome ?? 'not to be changed'}`);
      await this.tokens.removeOf(userId, tx);
    };
    const changed = await together(work, (given) =>
      this.sessions.unproveOthers(userId, sessionId, { work: given }),
    );
    await this.announcer.announce(changed);
    const { ip, tenant } = client;
    this.events.publish({ type: 'link.used', kind, userId, ip, tenant });
    this.events.publish({ type: 'email.changed', userId, ip, tenant });
  }
}
