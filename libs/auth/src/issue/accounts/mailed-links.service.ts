import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { LinkKind } from '../../options/account-mail.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SpentAlongside } from '../../storage/one-time-token-store.port.js';
import type { SubjectState } from '../../storage/subject.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import type { VerifiedCandidate } from '../users/password-verifier.service.js';
import { Later } from './later.service.js';
import { Mailer } from './mailer.service.js';
import { OneTimeTokens } from './one-time-tokens.service.js';

/** What a mailed token is kept with. */
export interface LinkData extends Readonly<Record<string, unknown>> {
  /** In lower case: the address that the link was mailed to; for a change of email, the new one. */
  readonly email: string;
  /** The tenant of the user to whom the link was mailed. */
  readonly tenant?: string;
  /** For a change of email only. */
  readonly previous?: string;
  readonly sessionId?: string;
}

/** A live token whose user exists, is enabled, and still has the email that the token was issued for. */
export interface LiveLink {
  readonly account: UserAccount;
  readonly data: LinkData;
}

/** With the counters of the user, read with the token. */
export type ReadLink = LiveLink & { readonly state: SubjectState };

type Candidate = Pick<VerifiedCandidate, 'account' | 'subject'>;
type Change = Required<Pick<LinkData, 'email' | 'previous' | 'sessionId'>>;

/** Mailed tokens. For each kind, one token of a user works at a time: the newest. */
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

  /**
   * Issues a token and mails it, after the answer. Nothing is mailed when the user's sessions were ended meanwhile.
   * `admitted`: whether it may go out, as far as that would show in the time of the answer. Default: it may.
   */
  send(
    kind: Exclude<LinkKind, 'email_change'>,
    { account, subject }: Candidate,
    admitted?: () => Promise<boolean>,
  ): void {
    if (account.email === '') return;
    const { tenant } = account;
    const data = { email: account.email.toLowerCase(), ...(tenant !== undefined && { tenant }) };
    this.issueLater(
      kind,
      { account, subject },
      data,
      (link) => this.mailer.send({ kind, to: account.email, ...personOf(account), ...link }),
      admitted,
    );
  }

  /** Mails the link to the new address. */
  sendChange({ account, subject }: Candidate, change: Change): void {
    const kind = 'email_change';
    this.issueLater(kind, { account, subject }, change, (link) =>
      this.mailer.send({
        kind,
        to: change.email,
        previous: account.email,
        ...personOf(account),
        ...link,
      }),
    );
  }

  /**
   * Tells the owner of an address that somebody wants it: as late as the link would be, so that the time tells nothing.
   */
  sendTaken({ id: userId, email }: UserAccount): void {
    const kind = 'email_taken_notice';
    this.later.add(`${kind} ${userId}`, async () => {
      try {
        const account = (await this.users.findById(userId))?.account;
        if (account?.email === email) this.mailer.send({ kind, to: email, ...personOf(account) });
      } catch {
        this.events.publish({ type: 'mail.failed', kind, userId });
      }
    });
  }

  /** What a token stands for. It is not spent. */
  async read(kind: LinkKind, token: string): Promise<ReadLink | undefined> {
    const found = await this.tokens.read(kind, token);
    if (!found?.owner) return undefined;
    const { subject, state } = found.owner;
    const link = await this.liveLink(subject, found.data as LinkData);
    return link && { ...link, state };
  }

  /** Whether this use is the one that spends it; with `tx`, in that transaction, and with `work`, together with it. */
  async spend(kind: LinkKind, token: string, alongside: SpentAlongside): Promise<boolean> {
    return (await this.tokens.redeem(kind, token, alongside)) !== undefined;
  }

  async liveLink(subject: string, data: LinkData): Promise<LiveLink | undefined> {
    const account = (await this.users.findById(subject))?.account;
    if (!account || account.disabled) return undefined;
    // the host may have changed the email without telling us
    return account.email.toLowerCase() === (data.previous ?? data.email)
      ? { account, data }
      : undefined;
  }

  /** Publishes the event of a refusal, and makes its error. */
  refusal(
    kind: LinkKind,
    detail: string,
    { ip, tenant }: ClientContext,
    userId?: string,
  ): AuthError {
    this.events.publish({ type: 'link.refused', kind, userId, ip, tenant });
    return new AuthError('link_refused', detail);
  }

  private issueLater(
    kind: LinkKind,
    { account, subject }: Candidate,
    data: LinkData,
    mail: (link: {
      readonly token: string;
      readonly url?: string;
      readonly expiresAt: string;
    }) => void,
    admitted: () => Promise<boolean> = () => Promise.resolve(true),
  ): void {
    const { id: userId } = account;
    this.later.add(`${kind} ${userId}`, async () => {
      try {
        if (!(await admitted())) return;
        const ttlMs = this.ttlOf(kind);
        const expiresAt = new Date(this.clock.now() + ttlMs).toISOString();
        const owner = {
          subject: userId,
          epoch: subject.epoch,
          ...({ diesWith: 'credentials', atMost: 1 } as const),
        };
        const token = await this.tokens.issue({ kind, owner, data, ttlMs });
        if (token !== undefined) mail({ token, url: this.urlOf(kind, token, account), expiresAt });
      } catch {
        this.events.publish({ type: 'mail.failed', kind, userId });
      }
    });
  }

  /** From the configuration alone: whoever sends the request chooses `Host` and forwarded headers. */
  private urlOf(kind: LinkKind, token: string, { tenant = '' }: UserAccount): string | undefined {
    return this.options.accounts?.url
      ?.replaceAll('{kind}', kind)
      .replaceAll('{tenant}', () => encodeURIComponent(tenant))
      .replaceAll('{token}', token);
  }

  private ttlOf(kind: LinkKind): number {
    const {
      resetTtlMs = 0,
      magicLinkTtlMs = 0,
      verificationTtlMs = 0,
    } = this.options.accounts ?? {};
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

export function personOf({ id, name }: UserAccount): {
  readonly userId: string;
  readonly name?: string;
} {
  return { userId: id, ...(name != null && { name }) };
}

/** Whoever uses a link names no tenant: it is that of its user. */
export function ofTenant(
  { account: { tenant } }: Pick<LiveLink, 'account'>,
  { ip }: ClientContext,
): ClientContext {
  return { ip, ...(tenant !== undefined && { tenant }) };
}
