import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { UserFacts } from '../../storage/subject.js';
import { type LoginCandidate, UserDirectory } from '../../storage/user-directory.port.js';
import { normaliseEmail } from '../../common/normalise-email.js';

/** What people sign in with: its name, its normal form, and whose it is. */
@Injectable()
export class Identifiers {
  /** The name in request bodies and errors. */
  readonly name: string;
  readonly isEmail: boolean;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly users: UserDirectory,
  ) {
    this.name = options.identifier.name;
    this.isEmail = this.name === 'email';
  }

  /** Throws `input_invalid` if nothing is left of it, or the host's rule refuses it. */
  normalise(typed: string): string {
    const { normalise } = this.options.identifier;
    const usual = normaliseEmail(typed);
    const own = normalise ? this.spelled(() => normalise(usual)) : usual;
    const text = this.isEmail ? normaliseEmail(own) : own;
    if (text === '') throw this.refused();
    return text;
  }

  /** Undefined if the host uses tenants and the request names none. */
  find(identifier: string, tenant: string | undefined): Promise<LoginCandidate | undefined> {
    if (!this.canMean(tenant)) return Promise.resolve(undefined);
    if (this.isEmail) return this.users.findByEmail(identifier, tenant);
    return this.users.findByIdentifier?.(identifier, tenant) ?? Promise.resolve(undefined);
  }

  /** Whether a request of that tenant can refer to any user. */
  canMean(tenant: string | undefined): boolean {
    const hasTenants = this.options.identifier.tenant !== undefined;
    return (tenant !== undefined) === hasTenants;
  }

  /**
   * Whether it can refer to this user, who was found by something else than an identifier: a passkey, a ticket, a
   * link, a provider. As with a password, users of another tenant are not found.
   */
  canMeanUser({ tenant: own }: Pick<UserFacts, 'tenant'>, tenant: string | undefined): boolean {
    return this.canMean(tenant) && (tenant === undefined || own === tenant);
  }

  private spelled(rule: () => string): string {
    try {
      return rule();
    } catch {
      throw this.refused();
    }
  }

  private refused(): AuthError {
    return new AuthError('input_invalid', 'the identifier is refused by identifier.normalise', {
      fields: { [this.name]: 'is not one' },
    });
  }
}
