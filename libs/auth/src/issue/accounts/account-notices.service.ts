import { Inject, Injectable } from '@nestjs/common';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AuditStore, type Familiarity } from '../../storage/audit-store.port.js';
import type { AuthEvent } from '../../storage/auth-event.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { accountKey } from '../users/account-key.js';
import { MailLimits } from './mail-limits.service.js';
import { personOf } from './mailed-links.service.js';
import { Mailer } from './mailer.service.js';

type SignIn = Extract<AuthEvent, { type: 'login.succeeded' }>;

interface Told {
  readonly at: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly what?: string;
}

type Notice = 'password_changed' | 'factor_changed' | 'new_device';

const WHAT = {
  totp_added: 'totp added',
  passkey_added: 'passkey added',
  removed: 'factor removed',
  recovery_codes_renewed: 'recovery codes renewed',
  identity_linked: 'sign-in with a provider linked',
  identity_unlinked: 'sign-in with a provider unlinked',
} as const;

/**
 * Mails the owner of an account about every change to it, whoever made it and however it was made.
 */
@Injectable()
export class AccountNotices {
  constructor(
    private readonly users: UserDirectory,
    private readonly mailer: Mailer,
    private readonly limits: MailLimits,
    options: ResolvedAuthOptions,
    private readonly events: AuthEventPublisher,
    /** Without an audit trail nobody knows which devices are new. */
    @Inject(AuditStore) private readonly audit: AuditStore | undefined,
  ) {
    if (options.accounts) events.subscribe((event) => this.consider(event));
  }

  private consider(event: AuthEvent): Promise<void> | undefined {
    if (event.type === 'password.changed')
      return this.tell(event.userId, 'password_changed', event);
    if (event.type === 'factor.changed')
      return this.tell(event.userId, 'factor_changed', { ...event, what: WHAT[event.change] });
    // a key that the host made for the owner's services needs no notice
    if (event.type === 'api_key.created' && event.actorId === event.userId)
      return this.tell(event.userId, 'factor_changed', { ...event, what: 'API key added' });
    if (event.type === 'login.succeeded') return this.signedIn(event);
    return undefined;
  }

  private async signedIn(event: SignIn): Promise<void> {
    const { userId, sessionId, ip, userAgent } = event;
    // the actor's device is not a device of the user
    if (event.knownDevice || event.actorId !== undefined) return;
    const found = await this.asked(userId, 'new_device', async () =>
      this.audit?.familiarity({ userId, sessionId, ip, userAgent }),
    );
    if (found && isStrange(found)) await this.tell(userId, 'new_device', event);
  }

  /**
   * One slow answer must not lose the notice: the question is asked twice, and an event reports
   * when nothing could be mailed.
   */
  private async asked<T>(userId: string, kind: Notice, question: () => Promise<T>): Promise<T> {
    try {
      return await question().catch(question);
    } catch (error) {
      this.events.publish({ type: 'mail.failed', kind, userId });
      throw error;
    }
  }

  private async tell(userId: string, kind: Notice, event: Told): Promise<void> {
    const account = (await this.asked(userId, kind, () => this.users.findById(userId)))?.account;
    if (!account?.email) return;
    const { at, ip, userAgent, what = '' } = event;
    const client = { ip, tenant: account.tenant };
    if (!(await this.admitted(kind, client, keyOf(account)))) return;
    const about = { to: account.email, ...personOf(account), at };
    if (kind === 'new_device') this.mailer.send({ kind, ...about, ip, userAgent });
    else
      this.mailer.send(kind === 'factor_changed' ? { kind, ...about, what } : { kind, ...about });
  }

  /** While the counters are away it goes out: the owner must hear of a thief. */
  private admitted(kind: Notice, client: ClientContext, account: string): Promise<boolean> {
    return this.limits.admitAccount(kind, client, account).catch(() => true);
  }
}

/**
 * Whoever registers with the address of somebody else causes as many notices as they like: those of an address that
 * nobody proved are counted together, however it is written. No other account uses up those of a proven one.
 */
function keyOf({ id, email = '', emailVerified, tenant }: UserAccount): string {
  return emailVerified ? `of ${id}` : accountKey(email, tenant);
}

/**
 * A thief sends the browser's name that half the world has, from a network of their own. At the first sign-in
 * everything is new.
 */
function isStrange({ earlier, userAgent, network }: Familiarity): boolean {
  return earlier > 0 && (userAgent === 'new' || network === 'new');
}
