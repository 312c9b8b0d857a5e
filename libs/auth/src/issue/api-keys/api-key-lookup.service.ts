import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { RecentValues } from '../../common/recent-values.js';
import type { Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ApiKeyStore, type FoundApiKey } from '../../storage/api-key-store.port.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { ApiKeyLookup } from '../../verify/api-key-lookup.port.js';
import type { AuthenticateOptions } from '../../verify/authenticate.js';
import { changedRights } from '../../verify/changed-rights.js';
import { revocable } from '../../verify/revocable.js';
import {
  RevocationChecker,
  type Verdict,
} from '../../verify/revocation/revocation-checker.service.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { apiKeyPrincipal } from './api-key-principal.js';
import { type ReadApiKey, readApiKey } from './api-key-text.js';

interface Remembered {
  readonly principal: Principal;
  /**
   * By the monotonic clock: one whose wall clock was ahead and is set back would remember a key that was deleted for
   * longer than the ledger does.
   */
  readonly untilMs: number;
}

/** The most keys that a process remembers; the one used longest ago is forgotten first. */
const REMEMBERED = 10_000;

/**
 * A key that the process has seen is checked in memory, like a token: the ledger holds its deletion and the changes of
 * its owner. Before a key is refused the database is asked once more, because a new role of the owner, or a sign-out
 * everywhere, does not end a key.
 */
@Injectable()
export class RememberedApiKeys extends ApiKeyLookup {
  private readonly known = new RecentValues<string, Remembered>(REMEMBERED);
  private readonly underWay = new Map<string, Promise<Principal>>();

  constructor(
    private readonly store: ApiKeyStore,
    private readonly clock: Clock,
    private readonly users: UserDirectory,
    private readonly revocations: RevocationChecker,
    private readonly throttle: LoginThrottle,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
  ) {
    super();
  }

  authenticate(
    key: string,
    ip: string | undefined,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    const known = this.remembered(key);
    return known ? this.unlessRevoked(known, key, ip, options) : this.lookUp(key, ip, options);
  }

  private unlessRevoked(
    known: Principal,
    key: string,
    ip: string | undefined,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    const verdict = this.revocations.check(revocable(known), options);
    const settle = (settled: Verdict) =>
      settled === 'live' ? known : this.lookUp(key, ip, options);
    return typeof verdict === 'string' ? settle(verdict) : verdict.then(settle);
  }

  private remembered(key: string): Principal | undefined {
    const known = this.known.get(key);
    if (!known || known.untilMs <= this.clock.monotonic()) return undefined;
    return known.principal.expiresAt * 1000 > this.clock.now() ? known.principal : undefined;
  }

  async lookAgain(principal: Principal, options?: AuthenticateOptions): Promise<Principal> {
    const now = await this.read(principal);
    if (!now || now.tenant !== principal.tenant)
      throw this.refused('an API key that is deleted, or whose owner is gone', principal);
    if ((await this.revocations.check(revocable(now), options)) === 'revoked')
      throw this.refused('revoked', principal);
    return now;
  }

  async confirm(principal: Principal): Promise<Principal> {
    const now = await this.read(principal);
    if (!now || now.tenant !== principal.tenant || changedRights(principal, now))
      throw this.refused('an API key that is deleted, or whose owner changed');
    return now;
  }

  private async read({ tokenId }: Principal): Promise<Principal | undefined> {
    const found = await this.store.read(tokenId);
    return found && (await this.principalOf(found));
  }

  /** Only one look-up of a key runs at a time, however many requests present the key. */
  private lookUp(
    key: string,
    ip: string | undefined,
    options?: AuthenticateOptions,
  ): Promise<Principal> {
    const underWay = this.underWay.get(key);
    // it may have read the key before this request came, and not as strictly as this one has to
    if (underWay) return underWay.then((found) => this.unlessRevoked(found, key, ip, options));
    const looking = this.find(key, ip, options).finally(() => this.underWay.delete(key));
    this.underWay.set(key, looking);
    return looking;
  }

  private async find(
    key: string,
    ip: string | undefined,
    options?: AuthenticateOptions,
  ): Promise<Principal> {
    const read = readApiKey(key);
    if (!read) throw this.refused('malformed API key');
    // a first sight is counted as a failure before the query, and taken back when the key is good
    const admission = this.known.get(key) ? undefined : await this.throttle.admitLookUp(ip);
    const principal = await this.use(read).catch(async (error: unknown) => {
      // not the caller's failure: a store is not available
      await admission?.giveBack();
      throw error;
    });
    this.known.delete(key);
    if (!principal) throw this.refused('unknown API key, or one whose owner is disabled or gone');
    await admission?.giveBack();
    if ((await this.revocations.check(revocable(principal), options)) === 'revoked')
      throw this.refused('revoked', principal);
    const forMs = principal.expiresAt * 1000 - this.clock.now();
    this.known.set(key, { principal, untilMs: this.clock.monotonic() + forMs });
    return principal;
  }

  private async use({ id, hash }: ReadApiKey): Promise<Principal | undefined> {
    const found = await this.store.use(id, hash);
    return found && (await this.principalOf(found));
  }

  /** Undefined where the owner is disabled or gone. */
  private async principalOf({ key, state }: FoundApiKey): Promise<Principal | undefined> {
    const account = (await this.users.findById(key.subject))?.account;
    if (!account || account.disabled) return undefined;
    const tenant = this.options.tenants && account.tenant;
    return apiKeyPrincipal(key, state, { ...account, tenant }, this.clock.now());
  }

  private refused(reason: string, principal?: Principal): AuthError {
    this.events.publish({
      type: 'token.refused',
      reason,
      ...(principal && { userId: principal.id }),
    });
    return new AuthError('token_refused', reason);
  }
}
