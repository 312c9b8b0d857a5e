import { Inject, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ApiKeyStore } from '../../storage/api-key-store.port.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { FactorMethods } from '../factors/factor-methods.js';

/** Could be a user id of any host: short, without control characters (Postgres refuses NUL). */
const USER_ID = /^\P{Cc}{1,255}$/u;

/**
 * A user is looked up once, and is known by the directory's own id from then on. A look-up may
 * accept another spelling (a `uuid` column casts, a remote directory may ignore case), but sessions
 * and the ledger compare texts: under the given spelling nothing would end.
 */
@Injectable()
export class UserResolver {
  constructor(
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
    private readonly methods: FactorMethods,
    @Inject(ApiKeyStore) private readonly apiKeys: ApiKeyStore | undefined,
  ) {}

  /**
   * Throws `user_not_found` for an unknown id. If sessions are open under an id, it is the
   * directory's own, even if the user was deleted there.
   */
  async idOf(given: string, tx?: HostTransaction): Promise<string> {
    if (!USER_ID.test(given)) throw unknown();
    if ((await this.sessions.list(given, tx)).length > 0) return given;
    // the host's transaction may have created or deleted the user; outside of it a deleted user still exists
    const found =
      (await this.users.findById(given, tx)) ?? (tx && (await this.users.findById(given)));
    if (!found) throw unknown();
    return found.account.id;
  }

  /**
   * As `idOf`, for a user who may already be deleted from the directory. Credentials that remain (a
   * factor, an API key, an identity) would open the account of the next user with that id.
   */
  async idOfDeleted(given: string, tx?: HostTransaction): Promise<string> {
    try {
      return await this.idOf(given, tx);
    } catch (error) {
      const isNobody = error instanceof AuthError && error.reason === 'user_not_found';
      if (!isNobody || !USER_ID.test(given) || !(await this.leftSomething(given))) throw error;
      return given;
    }
  }

  private async leftSomething(subject: string): Promise<boolean> {
    const [factors, identities, keys] = await Promise.all([
      this.methods.store?.of(subject),
      this.methods.identities?.of(subject),
      this.apiKeys?.list(subject),
    ]);
    return [factors?.all, identities, keys].some((each) => each !== undefined && each.length > 0);
  }
}

function unknown(): AuthError {
  return new AuthError('user_not_found', 'no user has that id');
}
