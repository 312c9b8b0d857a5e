import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { SessionState } from '../../storage/session.js';
import type { UserFacts } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import type { IssuedAccessToken } from '../tokens/access-token-issuer.service.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { RevocationService } from './revocation.service.js';

/** The next access token of a session that goes on. */
@Injectable()
export class SessionAccess {
  constructor(
    private readonly users: UserDirectory,
    private readonly grants: TokenGrants,
    private readonly revocations: RevocationService,
  ) {}

  /** `asOfMs`: an instant read before `state` was. Throws `token_refused` where the user directory has no such user, or a disabled one. */
  async token(state: SessionState, asOfMs: number): Promise<IssuedAccessToken> {
    const user = state.user ?? (await this.userElsewhere(state));
    return this.grants.accessTokenFor(state, user, asOfMs);
  }

  /** Users of another system: gone or disabled there ends everything here. So it is for who acts as one. */
  private async userElsewhere({ session }: SessionState): Promise<UserFacts> {
    if (session.actor) await this.present(session.actor.id);
    return this.present(session.subject);
  }

  private async present(id: string): Promise<UserFacts> {
    const account = (await this.users.findById(id))?.account;
    if (account && !account.disabled) return account;
    await this.revocations.endAll(id, account ? 'user_disabled' : 'user_deleted');
    throw new AuthError('token_refused', 'the user, or who acts as the user, is gone or disabled');
  }
}
