import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { Identifiers } from './identifiers.service.js';
import { PasswordPolicy } from './password-policy.service.js';
import { PasswordVerifier } from './password-verifier.service.js';
import { type Fields, RegistrationFields } from './registration-fields.service.js';

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

export interface RegistrationRead {
  readonly identifier: string;
  readonly email: string;
  readonly fields: Fields | undefined;
}

/** What a person who registers has entered. */
@Injectable()
export class RegistrationForm {
  constructor(
    private readonly identifiers: Identifiers,
    private readonly fields: RegistrationFields,
    private readonly policy: PasswordPolicy,
    private readonly verifier: PasswordVerifier,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** Throws `input_invalid` and `password_unacceptable`. */
  async read(input: RegisterInput, tenant: string | undefined): Promise<RegistrationRead> {
    if (!this.identifiers.canMean(tenant))
      throw new AuthError('input_invalid', 'identifier.tenant returned no tenant', {
        fields: { tenant: 'the request names none' },
      });
    const identifier = this.identifiers.normalise(input.identifier);
    const given = input.email === undefined ? '' : normaliseEmail(input.email);
    const email = this.identifiers.isEmail ? identifier : given;
    const fields = await this.fields.read(input.others);
    await this.policy.check(input.password, { email, identifier, field: 'password' });
    return { identifier, email, fields };
  }

  /**
   * Where links are mailed, an email must lead to one user: a second user with the same email would keep the first
   * from getting any link. Throws `email_taken`.
   */
  async assertOneOwner(email: string, tenant: string | undefined): Promise<void> {
    if (this.identifiers.isEmail || !this.options.accounts || email === '') return;
    if ((await this.verifier.ownerOf(email, tenant)) !== undefined) throw this.taken('email');
  }

  /** The error for a value that another user has; `field`: default the identifier. */
  taken(field: string = this.identifiers.name): AuthError {
    const fields = this.identifiers.isEmail ? undefined : { [field]: 'already registered' };
    return new AuthError('email_taken', 'a user with that identifier exists', { fields });
  }

  /** What a new user is stored with beside the email. */
  ownIdentifier(identifier: string): { readonly identifier?: string } {
    return this.identifiers.isEmail ? {} : { identifier };
  }
}
