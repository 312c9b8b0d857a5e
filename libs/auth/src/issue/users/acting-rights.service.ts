import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Actor, Principal } from '../../common/principal.js';
import { actingRefusal } from '../../options/acting-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SubjectState } from '../../storage/subject.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import { PasswordVerifier } from './password-verifier.service.js';

/**
 * A user's id, or the caller's principal. The principal tells whether the caller already acts as
 * somebody, or is not one of our users.
 */
export type ActingCaller = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'actor' | 'kind' | 'issuer'>>;

/** Who may act as whom (contract, section 11). */
@Injectable()
export class ActingRights {
  constructor(
    private readonly verifier: PasswordVerifier,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** The actor, with counters that were read no later than the role that gives the right. Throws `forbidden`. */
  async admit(
    caller: ActingCaller,
    user: UserAccount,
  ): Promise<Actor & { readonly expected: SubjectState }> {
    if (caller.kind === 'api_key') throw refusal('an API key does not act as a user');
    // an id of another issuer may equal one of ours
    if (caller.issuer !== undefined)
      throw refusal('a user of another issuer does not act as one of ours');
    if (caller.actor) throw refusal('who acts as a user does not act as another one');
    const candidate = await this.verifier.findById(caller.id);
    if (!candidate || candidate.account.disabled) throw refusal('the actor is gone or disabled');
    const { account, subject: expected } = candidate;
    if (account.id === user.id) throw refusal('nobody acts as themselves');
    const problem = actingRefusal(this.options.sessions.mayActAs, account, user);
    if (problem !== undefined) throw refusal(problem);
    return { id: account.id, expected };
  }
}

function refusal(detail: string): AuthError {
  return new AuthError('forbidden', detail);
}
