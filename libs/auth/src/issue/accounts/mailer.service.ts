import { Injectable } from '@nestjs/common';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AccountMail } from '../../options/account-mail.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';

/**
 * Passes messages to the host's `accounts.mail`. The answer does not wait for it. If it throws, or
 * is skipped because too many calls are unfinished, an event reports that.
 */
@Injectable()
export class Mailer {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly events: AuthEventPublisher,
  ) {}

  send(mail: AccountMail): void {
    const { accounts } = this.options;
    if (!accounts) return;
    const { kind, userId } = mail;
    const failed = () => this.events.publish({ type: 'mail.failed', kind, userId });
    const outcome = this.events.calls.call(accounts.mail, `mail ${kind}`, async () => {
      try {
        await accounts.mail(mail);
      } catch (error) {
        failed();
        throw error;
      }
    });
    // too many of its calls hang
    if (outcome === 'left_out') failed();
  }
}
