import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { Principal } from '../common/principal.js';
import { actingRefusal } from '../options/acting-options.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { type Authority, SessionStore } from '../storage/session-store.port.js';
import type { UserFacts } from '../storage/subject.js';
import { UserDirectory } from '../storage/user-directory.port.js';
import { ApiKeyLookup } from './api-key-lookup.port.js';
import { changedRights } from './changed-rights.js';
import { revocable } from './revocable.js';
import { TokenRefusals } from './token-refusals.service.js';

/** The authoritative check: one query on the primary. Any difference refuses the token. */
@Injectable()
export class AuthoritativeCheck {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly refusals: TokenRefusals,
    private readonly sessions?: SessionStore,
    private readonly users?: UserDirectory,
    private readonly apiKeys?: ApiKeyLookup,
  ) {}

  /** Throws `configuration_invalid` if there is no database to confirm with; at boot, not at the first request. */
  assertCanConfirm(guard: string): void {
    if (!this.sessions)
      throw AuthError.configuration(
        guard,
        'asks the database, and a service that only verifies has none: use @StrictRevocation(), or let the issuer decide',
      );
  }

  /** Throws `token_refused` or `unavailable`. */
  async confirm(principal: Principal): Promise<Principal> {
    if (principal.issuer !== undefined)
      throw this.refusals.refused('of another issuer, whom the database does not know', principal);
    if (principal.kind === 'api_key' && this.apiKeys) return this.apiKeys.confirm(principal);
    const authority = await this.authorityOf(principal);
    const user =
      authority.user === 'elsewhere' ? await this.userAsToldBy(principal.id) : authority.user;
    // without a tenant the token has none either, but a legacy token never has one
    const isTold = this.options.tenants !== undefined && principal.legacy === undefined;
    const tenancy = isTold ? 'compared' : 'ignored';
    const problem =
      disagreement(principal, authority, user, tenancy) ??
      (await this.actingNoLonger(principal, authority, user));
    if (problem) throw this.refusals.refused(problem, principal);
    return principal;
  }

  private async authorityOf(principal: Principal): Promise<Authority> {
    if (!this.sessions)
      throw AuthError.unavailable('a service that only verifies has no database to ask');
    return this.sessions.readAuthority(revocable(principal));
  }

  /** Uses the actor's current rights, because a role may have been changed only in the table. */
  private async actingNoLonger(
    { actor }: Principal,
    { acting }: Authority,
    user: UserFacts | 'gone',
  ): Promise<string | undefined> {
    if (!actor || user === 'gone') return undefined;
    const found = acting ?? (await this.userAsToldBy(actor.id));
    if (found === 'gone' || found.disabled) return 'actor gone or disabled';
    return actingRefusal(this.options.sessions.mayActAs, found, user);
  }

  private async userAsToldBy(id: string): Promise<UserFacts | 'gone'> {
    return (await this.users?.findById(id))?.account ?? 'gone';
  }
}

function disagreement(
  principal: Principal,
  authority: Authority,
  user: UserFacts | 'gone',
  tenancy: 'compared' | 'ignored',
): string | undefined {
  if (authority.revoked) return 'revoked';
  if (!authority.sessionLive) return 'session ended';
  if (authority.subject.tokenVersion !== principal.tokenVersion) return 'token version changed';
  if (typeof user === 'string') return 'user gone';
  if (user.disabled) return 'user disabled';
  if (tenancy === 'compared' && user.tenant !== principal.tenant) return 'tenant changed';
  return changedRights(principal, user);
}
