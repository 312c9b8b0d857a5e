import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext, Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { signInName } from './account-key.js';
import { PasswordVerifier, type VerifiedCandidate } from './password-verifier.service.js';
import { ThrottledPasswordCheck } from './throttled-password-check.service.js';

export interface PresentedPassword {
  readonly password: string;
  /** The signed device id of the request. With it, guesses by strangers do not block the user. */
  readonly device?: string;
}

export type ProvenPassword = VerifiedCandidate & {
  /** The id of a device that has signed in to the account before. */
  readonly deviceId?: string;
};

/**
 * A signed-in user proves the password again. Throttled and counted like a login; refused with 403.
 */
@Injectable()
export class CurrentPasswordCheck {
  constructor(
    private readonly passwords: ThrottledPasswordCheck,
    private readonly verifier: PasswordVerifier,
    private readonly events: AuthEventPublisher,
  ) {}

  async check(
    principal: Principal,
    presented: PresentedPassword,
    client: ClientContext,
  ): Promise<ProvenPassword> {
    // the user is read before the try is counted, because the try counts for the account by the name
    // that the user signs in with, as a login does
    const known = await this.verifier.findById(principal.id);
    if (!known) throw new AuthError('token_refused', 'the user is gone');
    const { outcome, deviceId } = await this.passwords.check({
      identifier: signInName(known.account),
      password: presented.password,
      find: () => Promise.resolve(known),
      rehash: 'keep',
      device: presented.device,
      client: { ...client, tenant: known.account.tenant },
    });
    if (outcome.kind === 'refused') {
      this.events.publish({
        type: 'password.refused',
        userId: principal.id,
        actorId: principal.id,
        sessionId: principal.sessionId,
        ip: client.ip,
        tenant: known.account.tenant,
      });
      throw new AuthError('password_refused', outcome.reason);
    }
    return { ...outcome.candidate, deviceId };
  }
}
