import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';

/** Who a caller is beyond what the access token says: the token holds no personal data. */
@Injectable()
export class CallerFlow {
  constructor(private readonly users: UserDirectory) {}

  /** Throws `token_refused` when the user is gone or disabled, `unavailable` when the directory cannot tell. */
  async accountOf(principal: Principal): Promise<UserAccount> {
    const account = (await this.users.findById(principal.id))?.account;
    if (!account) throw new AuthError('token_refused', 'the user is gone');
    if (account.disabled) throw new AuthError('token_refused', 'the user is disabled');
    return account;
  }
}
