import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { LinkKind } from '../../options/account-mail.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import type { VerifiedCandidate } from '../users/password-verifier.service.js';
import { Later } from './later.service.js';
import { Mailer } from './mailer.service.js';
import { OneTimeTokens } from './one-time-tokens.service.js';

/** What a mailed token is kept with. */
export interface LinkData extends Readonly<Record<string, unknown>> {
  /** In lower case: the one it was mailed to, and of a change the new one. */
  readonly email: string;
  /** Of a change of email. */
  readonly previous?: string;
  readonly sessionId?: string;
}

/** A live token whose user is there, enabled, and has the email that it was issued for. */
export interface LiveLink {
  readonly account: UserAccount;
  readonly data: LinkData;
}

type Candidate = Pick<VerifiedCandidate, 'account' | 'subject'>;
type Change = Required<Omit<LinkData, 'email'>> & { readonly email: string };

/** Mailed tokens: of each kind a user has one that works. */
@Injectable()
export class MailedLinks {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UserDirectory,
    private readonly mailer: Mailer,
    private readonly later: Later,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /** Issues and mails one, after the answer. Nothing goes out when the user's sessions were ended meanwhile. */
  send(kind: Exclude<LinkKind, 'email_change'>, { account, subject }: Candidate): void {
    const data = { email: account.email.toLowerCase() };
    this.issueLater(kind, { account, subject }, data, (link) =>
      this.mailer.send({ kind, to: account.email, ...personOf(account), ...link }),
    );
  }

  /** To the new address. */
  sendChange({ account, subject }: Candidate, change: Change): void {
    const kind = 'email_change';
    this.issueLater(kind, { account, subject }, change, (link) =>
      this.mailer.send({ kind, to: change.email, previous: account.email, ...personOf(account), ...link }),
    );
  }

  /** What a token is good for; spends nothing. */
  async read(kind: LinkKind, token: string): Promise<LiveLink | undefined> {
    const found = await this.tokens.read(kind, token);
    return found?.owner && this.liveLink(found.owner.subject, found.data as LinkData);
  }

  async liveLink(subject: string, data: LinkData): Promise<LiveLink | undefined> {
    const account = (await this.users.findById(subject))?.account;
    if (!account || account.disabled) return undefined;
    // the host may have changed the email without a word
    return account.email.toLowerCase() === (data.previous ?? data.email) ? { account, data } : undefined;
  }

  /** Tells of it, and is the refusal. */
  refusal(kind: LinkKind, detail: string, { ip }: ClientContext, userId?: string): AuthError {
    this.events.publish({ type: 'link.refused', kind, userId, ip });
    return new AuthError('link_refused', detail);
  }

  private issueLater(
    kind: LinkKind,
    { account, subject }: Candidate,
    data: LinkData,
    mail: (link: { readonly token: string; readonly url?: string; readonly expiresAt: string }) => void,
  ): void {
    const { id: userId } = account;
    if (account.email === '') return;
    this.later.add(`${kind} ${userId}`, async () => {
      try {
        const ttlMs = this.ttlOf(kind);
        const expiresAt = new Date(this.clock.now() + ttlMs).toISOString();
        const owner = {
          ...{ subject: userId, epoch: subject.epoch },
          ...({ diesWith: 'credentials', atMost: 1 } as const),
        };
        const token = await this.tokens.issue({ kind, owner, data, ttlMs });
        if (token !== undefined) mail({ token, url: this.urlOf(kind, token), expiresAt });
      } catch {
        this.events.publish({ type: 'mail.failed', kind, userId });
      }
    });
  }

  /** From configuration alone: `Host` and forwarded headers are the sender's. */
  private urlOf(kind: LinkKind, token: string): string | undefined {
    return this.options.accounts?.url?.replaceAll('{kind}', kind).replaceAll('{token}', token);
  }

  private ttlOf(kind: LinkKind): number {
    const { resetTtlMs = 0, magicLinkTtlMs = 0, verificationTtlMs = 0 } = this.options.accounts ?? {};
    switch (kind) {
      case 'password_reset':
        return resetTtlMs;
      case 'magic_link':
        return magicLinkTtlMs;
      case 'email_verify':
      case 'email_change':
        return verificationTtlMs;
    }
  }
}

export function personOf({ id, name }: UserAccount): { readonly userId: string; readonly name?: string } {
  return { userId: id, ...(name != null && { name }) };
}
