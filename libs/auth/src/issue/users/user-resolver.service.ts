import { Inject, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ApiKeyStore } from '../../storage/api-key-store.port.js';
import type { HostTransaction } from '../../storage/host-transaction.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { FactorMethods } from '../factors/factor-methods.js';

/** What could be a user id of any host: short, without control characters (Postgres refuses NUL). */
const USER_ID = /^\P{Cc}{1,255}$/u;

/**
 * A user is resolved once, and goes by the directory's own id from then on. A look-up may find a user by another spelling (a `uuid` column
 * casts, a remote directory may ignore case), and sessions and the ledger compare texts: by the given one nothing would end.
 */
@Injectable()
export class UserResolver {
  constructor(
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
    private readonly methods: FactorMethods,
    @Inject(ApiKeyStore) private readonly apiKeys: ApiKeyStore | undefined,
  ) {}

  /** Throws `user_not_found` for an id that nobody has. One that sessions are open under is the directory's own, also when the user is gone from there. */
  async idOf(given: string, tx?: HostTransaction): Promise<string> {
    if (!USER_ID.test(given)) throw unknown();
    if ((await this.sessions.list(given, tx)).length > 0) return given;
    // the host's transaction may have made the user, or deleted it already: outside of it the user is still there
    const found = (await this.users.findById(given, tx)) ?? (tx && (await this.users.findById(given)));
    if (!found) throw unknown();
    return found.account.id;
  }

  /**
   * As `idOf`, for the end of a user who may be gone from the directory already: what still signs in (a factor, an API key, an identity) would open the
   * account of whoever gets the id next.
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
