import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { accountKey } from '../users/account-key.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { type RegisterInput, RegistrationForm } from '../users/registration-form.service.js';
import { SendVerificationFlow } from './send-verification.flow.js';

/**
 * Creates a user in the host's directory. Only here does an answer show that an identifier is taken; each try counts
 * against the address.
 */
@Injectable()
export class RegisterFlow {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly form: RegistrationForm,
    private readonly hasher: PasswordHasher,
    private readonly users: UserDirectory,
    private readonly verification: SendVerificationFlow,
    private readonly options: ResolvedAuthOptions,
    private readonly events: AuthEventPublisher,
  ) {}

  async register(input: RegisterInput, client: ClientContext): Promise<UserAccount> {
    const { ip, tenant } = client;
    await this.throttle.admitAddress(ip);
    const { identifier, email, fields } = await this.form.read(input, tenant);
    const passwordHash = await this.hasher.hash(input.password, {
      account: accountKey(identifier, tenant),
      address: networkOf(ip),
    });
    await this.form.assertOneOwner(email, tenant);
    if (!this.users.create)
      throw AuthError.configuration(
        'routes.register',
        'the user directory has no `create`; switch the route off',
      );
    const outcome = await this.users.create({
      email,
      name: input.name,
      passwordHash,
      ...this.form.ownIdentifier(identifier),
      ...(tenant !== undefined && { tenant }),
      ...(fields && { fields }),
    });
    if (outcome.kind === 'taken') throw this.form.taken();
    const { account } = outcome;
    this.events.publish({ type: 'user.registered', userId: account.id, ip, tenant });
    if (this.options.accounts?.verifiedEmail === 'required')
      await this.verification.welcome(account.id, client);
    return account;
  }
}
