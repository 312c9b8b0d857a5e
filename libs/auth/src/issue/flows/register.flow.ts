import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { accountKey } from '../users/account-key.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { Identifiers } from '../users/identifiers.service.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { PasswordPolicy } from '../users/password-policy.service.js';
import { type Fields, RegistrationFields } from '../users/registration-fields.service.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { SendVerificationFlow } from './send-verification.flow.js';

export interface RegisterInput {
  /** An email, or what the option `identifier` names; as it was typed. */
  readonly identifier: string;
  /** The email, if the identifier is not the email. */
  readonly email?: string;
  readonly password: string;
  readonly name?: string;
  /** What else the body holds. */
  readonly others: Fields;
}

/**
 * Creates a user in the host's directory. Only here does an answer show that an identifier is taken; each try counts
 * against the address.
 */
@Injectable()
export class RegisterFlow {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly identifiers: Identifiers,
    private readonly fields: RegistrationFields,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly users: UserDirectory,
    private readonly verifier: PasswordVerifier,
    private readonly verification: SendVerificationFlow,
    private readonly options: ResolvedAuthOptions,
    private readonly events: AuthEventPublisher,
  ) {}

  async register(input: RegisterInput, client: ClientContext): Promise<UserAccount> {
    await this.throttle.admitAddress(client.ip);
    if (!this.identifiers.canMean(client.tenant))
      throw new AuthError('input_invalid', 'identifier.tenant returned no tenant', {
        fields: { tenant: 'the request names none' },
      });
    const identifier = this.identifiers.normalise(input.identifier);
    const given = input.email === undefined ? '' : normaliseEmail(input.email);
    const email = this.identifiers.isEmail ? identifier : given;
    const fields = await this.fields.read(input.others);
    await this.policy.check(input.password, { email, identifier, field: 'password' });
    const passwordHash = await this.hasher.hash(input.password, {
      account: accountKey(identifier, client.tenant),
      address: networkOf(client.ip),
    });
    if (await this.isMailedToAnother(email, client.tenant)) throw this.taken('email');
    if (!this.users.create)
      throw AuthError.configuration(
        'routes.register',
        'the user directory has no `create`; switch the route off',
      );
    const outcome = await this.users.create({
      email,
      name: input.name,
      passwordHash,
      ...(!this.identifiers.isEmail && { identifier }),
      ...(client.tenant !== undefined && { tenant: client.tenant }),
      ...(fields && { fields }),
    });
    if (outcome.kind === 'taken') throw this.taken(this.identifiers.name);
    this.events.publish({
      type: 'user.registered',
      userId: outcome.account.id,
      ip: client.ip,
      tenant: client.tenant,
    });
    if (this.options.accounts?.verifiedEmail === 'required')
      await this.verification.welcome(outcome.account.id, client);
    return outcome.account;
  }

  /**
   * Where links are mailed, an email must lead to one user: a second user with the same email would keep the first
   * from getting any link.
   */
  private async isMailedToAnother(email: string, tenant: string | undefined): Promise<boolean> {
    if (this.identifiers.isEmail || !this.options.accounts || email === '') return false;
    return (await this.verifier.ownerOf(email, tenant)) !== undefined;
  }

  private taken(field: string): AuthError {
    const fields = this.identifiers.isEmail ? undefined : { [field]: 'already registered' };
    return new AuthError('email_taken', 'a user with that identifier exists', { fields });
  }
}
