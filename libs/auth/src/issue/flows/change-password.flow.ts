import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext, Principal } from '../../common/principal.js';
import { Announcer } from '../sessions/announcer.service.js';
import type { RetryKey } from '../sessions/retry-key.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import { DeviceIds } from '../users/device-id.js';
import { NewPasswords } from '../users/new-passwords.service.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { CurrentPasswordCheck } from '../users/current-password-check.service.js';

export interface ChangePasswordInput {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** Must be the session's current one when given. */
  readonly refreshToken?: string;
  /** The signed device id of the request. */
  readonly device?: string;
  /**
   * The `Idempotency-Key`. A repeat of this request is sent as a refresh with the same key, because the access token is
   * dead by then.
   */
  readonly key?: RetryKey;
}

/** A new password ends every other session and every earlier access token, in the transaction that stores it. */
@Injectable()
export class ChangePasswordFlow {
  constructor(
    private readonly currentPassword: CurrentPasswordCheck,
    private readonly newPasswords: NewPasswords,
    private readonly users: UserDirectory,
    private readonly sessions: SessionService,
    private readonly devices: DeviceIds,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
  ) {}

  async changePassword(
    principal: Principal,
    input: ChangePasswordInput,
    client: ClientContext,
  ): Promise<IssuedTokens> {
    const {
      account,
      subject,
      passwordHash = '',
      deviceId,
    } = await this.currentPassword.check(
      principal,
      { password: input.currentPassword, device: input.device },
      client,
    );
    const { email, identifier } = account;
    const next = await this.newPasswords.hash(
      input.newPassword,
      { email, identifier, current: input.currentPassword, field: 'newPassword' },
      { account: `known devices of ${account.id}`, ip: client.ip },
    );

    const asOfMs = this.clock.now();
    await this.access.rehearse(principal.sessionId, account, asOfMs);
    const outcome = await this.sessions.passwordChanged(
      {
        sessionId: principal.sessionId,
        subject: principal.id,
        expected: subject,
        amr: ['pwd'],
        authTime: new Date(asOfMs),
        presented: input.refreshToken,
        key: input.key,
      },
      async (tx) => {
        const replaced = await this.users.replacePasswordHash(principal.id, passwordHash, next, tx);
        if (!replaced)
          throw new AuthError('token_refused', 'the password changed meanwhile', {
            cookies: 'keep',
          });
      },
    );
    if (outcome.kind === 'superseded')
      throw new AuthError('token_refused', 'the session moved on or ended', { cookies: 'keep' });
    await this.announcer.announce(outcome);
    const grant = await this.access.grant(outcome, account, asOfMs);
    // the new epoch makes every device id unknown; this device gets a new one
    const deviceToken =
      deviceId && this.devices.mint(principal.id, outcome.subject.epoch, deviceId);
    return deviceToken ? { ...grant, deviceToken } : grant;
  }
}
