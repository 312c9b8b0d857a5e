import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { accountKey } from '../users/account-key.js';
import { normaliseEmail } from '../users/password-verifier.service.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { PasswordPolicy } from '../users/password-policy.service.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';

export interface RegisterInput {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
}

/** A new user of the host's directory. The one place that tells whether an email is taken; each try counts against the address. */
@Injectable()
export class RegisterFlow {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly users: UserDirectory,
    private readonly events: AuthEventPublisher,
  ) {}

  async register(input: RegisterInput, client: ClientContext): Promise<UserAccount> {
    await this.throttle.admitAddress(client.ip);
    const email = normaliseEmail(input.email);
    await this.policy.check(input.password, { email, field: 'password' });
    const passwordHash = await this.hasher.hash(input.password, {
      account: accountKey(email),
      address: networkOf(client.ip),
    });
    if (!this.users.create)
      throw AuthError.configuration(
        'routes.register',
        'the user directory has no `create`; switch the route off',
      );
    const outcome = await this.users.create({ email, name: input.name, passwordHash });
    if (outcome.kind === 'taken') throw new AuthError('email_taken', 'a user with that email exists');
    this.events.publish({ type: 'user.registered', userId: outcome.account.id, ip: client.ip });
    return outcome.account;
  }
}
