import { Inject, Injectable } from '@nestjs/common';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { isNewDevice } from '../../observe/auth-alerts.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AuditStore } from '../../storage/audit-store.port.js';
import type { AuthEvent } from '../../storage/auth-event.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { personOf } from './mailed-links.service.js';
import { Mailer } from './mailer.service.js';

type SignIn = Extract<AuthEvent, { type: 'login.succeeded' }>;

/** Tells the owner of an account by mail what happened to it, whichever way it came about. */
@Injectable()
export class AccountNotices {
  constructor(
    private readonly users: UserDirectory,
    private readonly mailer: Mailer,
    options: ResolvedAuthOptions,
    events: AuthEventPublisher,
    /** Without an audit trail nobody knows which devices are new. */
    @Inject(AuditStore) private readonly audit: AuditStore | undefined,
  ) {
    if (options.accounts) events.subscribe((event) => this.consider(event));
  }

  private consider(event: AuthEvent): Promise<void> | undefined {
    if (event.type === 'password.changed') return this.tell(event.userId, 'password_changed', event);
    if (event.type === 'login.succeeded') return this.signedIn(event);
    return undefined;
  }

  private async signedIn(event: SignIn): Promise<void> {
    const { userId, sessionId, ip, userAgent } = event;
    if (event.knownDevice) return;
    const found = await this.audit?.familiarity({ userId, sessionId, ip, userAgent });
    if (found && isNewDevice(event, found)) await this.tell(userId, 'new_device', event);
  }

  private async tell(
    userId: string,
    kind: 'password_changed' | 'new_device',
    event: { readonly at: string; readonly ip?: string; readonly userAgent?: string },
  ): Promise<void> {
    const account = (await this.users.findById(userId))?.account;
    if (!account) return;
    const { at, ip, userAgent } = event;
    const about = { to: account.email, ...personOf(account), at };
    this.mailer.send(kind === 'new_device' ? { kind, ...about, ip, userAgent } : { kind, ...about });
  }
}
