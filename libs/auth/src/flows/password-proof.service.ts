import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { ClientContext, Principal } from '../common/principal.js';
import type { SubjectState } from '../common/subject.js';
import { AuthEventPublisher } from '../events/auth-event-publisher.service.js';
import { CredentialVerifier, normaliseEmail } from '../users/credential-verifier.service.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { type LoginCandidate, UserDirectory } from '../users/user-directory.store.js';

/** A signed-in user proves the password again: throttled and counted like a login, refused with 403. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: UserDirectory,
    private readonly throttle: LoginThrottle,
    private readonly credentials: CredentialVerifier,
    private readonly events: AuthEventPublisher,
  ) {}

  async prove(
    principal: Principal,
    password: string,
    client: ClientContext,
  ): Promise<LoginCandidate & { readonly subject: SubjectState }> {
    // the account's bucket is named by its email, the same one that logins fill
    const known = await this.users.findById(principal.id);
    if (!known) throw new AuthError('token_refused', 'the user is gone');
    const account = normaliseEmail(known.account.email);
    const admission = await this.throttle.admit({ account, ip: client.ip, device: 'unknown' });
    const outcome = await this.credentials.verifyFor(principal.id, password);
    if (outcome.kind === 'refused') {
      this.events.publish({
        type: 'password.refused',
        userId: principal.id,
        sessionId: principal.sessionId,
        ip: client.ip,
      });
      throw new AuthError('password_refused', outcome.reason);
    }
    await admission.giveBack();
    return outcome.candidate;
  }
}
