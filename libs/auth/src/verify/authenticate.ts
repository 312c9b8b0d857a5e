import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { Principal } from '../common/principal.js';
import type { UserFacts } from '../storage/subject.js';
import { AuthEventPublisher } from '../observe/auth-event-publisher.service.js';
import { changedRights } from './changed-rights.js';
import { API_KEY_PREFIX, ApiKeyLookup } from './api-key-lookup.port.js';
import { TrustedIssuers } from './issuers/trusted-issuers.service.js';
import type { DpopChallenge } from '../common/refusals.js';
import { DpopProofs } from './dpop/dpop-proofs.service.js';
import { actingRefusal } from '../options/acting-options.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { clientOf, type HttpRequest } from './http/adapter.js';
import { KeyLookup } from './keys/key-lookup.port.js';
import { LegacyCheck } from './legacy/legacy-check.service.js';
import {
  type CheckOptions,
  RevocationChecker,
  type Verdict,
} from './revocation/revocation-checker.service.js';
import { type Authority, SessionStore } from '../storage/session-store.port.js';
import {
  AccessTokenVerifier,
  type VerificationOutcome,
} from './tokens/access-token-verifier.service.js';
import { UserDirectory } from '../storage/user-directory.port.js';
import { revocable } from './revocable.js';
import { RefusalLog } from './refusal-log.service.js';
import type { PresentedToken } from './presented-token.js';
import { belongsAt, type Trusted, trustOf } from './tenants/ask-whose.js';

type Token = Extract<PresentedToken, { kind: 'token' }>;
type Accepted = Extract<VerificationOutcome, { kind: 'accepted' }>;
const PROVED_HERE = { keyBound: 'told' } as const;

export interface AuthenticateOptions extends CheckOptions {
  /** Which issuers of `trustedIssuers` are accepted in addition to our own, only in a `Bearer` header. Default none. */
  readonly issuers?: Trusted;
}

/** Every guarded request, on every transport: token → policy → revocation → principal. Without I/O while the view is fresh. */
@Injectable()
export class AuthenticateFlow {
  /** Tokens that were not accepted, by private reason; for metrics. */
  readonly refusals = new Map<string, number>();

  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly revocations: RevocationChecker,
    private readonly sessions?: SessionStore,
    private readonly users?: UserDirectory,
    private readonly lookup?: KeyLookup,
    private readonly events?: AuthEventPublisher,
    private readonly log?: RefusalLog,
    private readonly apiKeys?: ApiKeyLookup,
    private readonly trusted?: TrustedIssuers,
    private readonly proofs?: DpopProofs,
    private readonly legacy?: LegacyCheck,
    private readonly options?: ResolvedAuthOptions,
  ) {}

  /**
   * `request`: the request that carried the token; with `tenants` it is required. Throws `token_missing`,
   * `token_refused` or `unavailable`; synchronous on the hot path.
   */
  authenticate(
    presented: PresentedToken,
    options?: AuthenticateOptions,
    request?: HttpRequest,
  ): Principal | Promise<Principal> {
    const caller = this.callerOf(presented, options, request);
    if (!this.options?.tenants) return caller;
    return caller instanceof Promise
      ? caller.then((each) => this.atItsTenant(each, request))
      : this.atItsTenant(caller, request);
  }

  private callerOf(
    presented: PresentedToken,
    options?: AuthenticateOptions,
    request?: HttpRequest,
  ): Principal | Promise<Principal> {
    if (presented.kind === 'none') throw new AuthError('token_missing', 'no token was presented');
    if (presented.kind === 'refused') throw this.refused(presented.detail);
    const { value } = presented;
    // never from a cookie, which a browser sends by itself
    if (this.apiKeys && value.startsWith(API_KEY_PREFIX) && presented.source === 'bearer')
      return this.apiKeys.authenticate(value, presented.ip, options);
    // never from a cookie either: our cookies hold only our own tokens
    const named = presented.source === 'bearer' ? options?.issuers : undefined;
    const trust = named && trustOf(named, request);
    const remembered = trust && this.trusted?.remembered(value, trust);
    if (remembered) return this.judgeForeign(remembered, options);
    const outcome = this.verifier.verifyAny(value, PROVED_HERE);
    if (outcome instanceof Promise)
      return outcome.then((settled) => this.judge(presented, settled, options));
    const foreign = outcome.kind === 'refused' && trust && this.trusted?.verify(value, trust);
    if (!foreign) return this.judge(presented, outcome, options);
    if (foreign instanceof Promise)
      return foreign.then((settled) => this.judgeForeign(settled, options));
    return this.judgeForeign(foreign, options);
  }

  /** Refuses a token in a request of another tenant. For tokens of other issuers, the route has named the issuers. */
  private atItsTenant(principal: Principal, request: HttpRequest | undefined): Principal {
    const { issuer } = principal;
    if (issuer !== undefined || !this.options || belongsAt(this.options, principal, request))
      return principal;
    throw this.refused('tenant_mismatch', principal);
  }

  private judgeForeign(
    outcome: VerificationOutcome,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    if (outcome.kind === 'accepted') return this.recheck(outcome.principal, options);
    throw this.refused(`of another issuer: ${outcome.reason}`);
  }

  private judge(
    presented: Token,
    outcome: VerificationOutcome,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    if (outcome.kind === 'accepted') return this.accepted(presented, outcome, options);
    if (this.lookup && outcome.reason === 'key_unknown')
      return this.afterLookingAgain(this.lookup, presented, options);
    throw this.refused(outcome.reason);
  }

  /** The key may be new, so its source is read again before the token is refused. */
  private async afterLookingAgain(
    lookup: KeyLookup,
    presented: Token,
    options?: AuthenticateOptions,
  ): Promise<Principal> {
    await lookup.lookAgain();
    const outcome = await this.verifier.verifyAny(presented.value, PROVED_HERE);
    if (outcome.kind === 'accepted') return this.accepted(presented, outcome, options);
    if (outcome.reason === 'key_unknown' && !lookup.isComplete())
      throw AuthError.unavailable(
        'neither this process nor the database can tell whether this key exists',
      );
    throw this.refused(outcome.reason);
  }

  private accepted(
    presented: Token,
    { principal, boundKey, pending }: Accepted,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    if (pending) return this.refusedUntilBound(principal, options);
    if (boundKey === undefined && presented.source !== 'dpop')
      return this.recheck(principal, options, presented.value);
    return this.withProof(presented, { principal, boundKey }, options);
  }

  /** For `deviceBound: 'require'`. A revoked session is 401 here as elsewhere. */
  private async refusedUntilBound(
    principal: Principal,
    options?: AuthenticateOptions,
  ): Promise<never> {
    await this.recheck(principal, options);
    throw new AuthError('device_required', 'the browser has not registered its key yet');
  }

  /** A thief of the token lacks the key. A revoked token takes no room in the store of used proofs. */
  private async withProof(
    presented: Token,
    { principal, boundKey }: Pick<Accepted, 'principal' | 'boundKey'>,
    options?: AuthenticateOptions,
  ): Promise<Principal> {
    if (boundKey === undefined)
      throw this.refused('not_bound', principal, { error: 'invalid_token' });
    if (!this.proofs || presented.source !== 'dpop')
      throw this.refused(
        'key_bound',
        principal,
        this.proofs?.isOn ? { error: 'invalid_token' } : undefined,
      );
    const { value: token, request } = presented;
    const admitted = await this.recheck(principal, options, token);
    const proved = await this.proofs.check(request, {
      token,
      key: boundKey,
      account: principal.id,
    });
    if (proved.kind === 'proved') return admitted;
    const { id: userId, actor, sessionId } = principal;
    if (proved.reason === 'proof_by_another_key')
      this.events?.publish({
        type: 'device.refused',
        userId,
        actorId: actor?.id,
        sessionId,
        ...clientOf(request),
      });
    throw this.refused(proved.reason, principal, proved.challenge);
  }

  /** Throws `configuration_invalid` if there is no database to confirm with; at boot, not at the first request. */
  assertCanConfirm(guard: string): void {
    if (!this.sessions)
      throw AuthError.configuration(
        guard,
        'asks the database, and a service that only verifies has none: use @StrictRevocation(), or let the issuer decide',
      );
  }

  /**
   * Whether an authenticated principal was revoked since; the caller checks its expiry. If the owner of an API key has another role, or
   * signed out everywhere, the key is looked up again: continue with the returned principal. Throws like `authenticate`.
   */
  recheck(
    principal: Principal,
    options?: AuthenticateOptions,
    token?: string,
  ): Principal | Promise<Principal> {
    const verdict = this.revocations.check(revocable(principal), options);
    if (typeof verdict !== 'string')
      return verdict.then((settled) => this.accept(principal, settled, options, token));
    return this.accept(principal, verdict, options, token);
  }

  /** The current principal of an API key that was accepted before. Throws like `authenticate`. */
  async lookAgain(principal: Principal, options?: AuthenticateOptions): Promise<Principal> {
    if (principal.kind === 'api_key' && principal.issuer === undefined && this.apiKeys)
      return this.apiKeys.lookAgain(principal, options);
    throw this.refused('revoked', principal);
  }

  private accept(
    principal: Principal,
    verdict: Verdict,
    options: AuthenticateOptions | undefined,
    token?: string,
  ): Principal | Promise<Principal> {
    if (verdict === 'revoked') {
      if (principal.kind === 'api_key') return this.lookAgain(principal, options);
      throw this.refused('revoked', principal);
    }
    return principal.legacy === undefined ? principal : this.confirmLegacy(principal, token);
  }

  private async confirmLegacy(given: Principal, token: string | undefined): Promise<Principal> {
    const confirmed = await this.legacy?.confirm(given, token);
    if (!confirmed) throw this.refused('an old token, and none are accepted here', given);
    if (confirmed.kind === 'refused') throw this.refused(confirmed.reason, confirmed.principal);
    return confirmed.principal;
  }

  /** The authoritative check: one query on the primary. Any difference refuses the token. */
  async confirm(principal: Principal): Promise<Principal> {
    if (principal.issuer !== undefined)
      throw this.refused('of another issuer, whom the database does not know', principal);
    if (principal.kind === 'api_key' && this.apiKeys) return this.apiKeys.confirm(principal);
    const { authority, user } = await this.authorityOn(principal);
    // without a tenant the token has none either, but a legacy token never has one
    const isTold = this.options?.tenants !== undefined && principal.legacy === undefined;
    const tenancy = isTold ? 'compared' : 'ignored';
    const problem =
      disagreement(principal, authority, user, tenancy) ??
      (await this.actingNoLonger(principal, authority, user));
    if (problem) throw this.refused(problem, principal);
    return principal;
  }

  private async authorityOn(
    principal: Principal,
  ): Promise<{ readonly authority: Authority; readonly user: UserFacts | 'gone' }> {
    const authority = await this.authorityOf(principal);
    const user =
      authority.user === 'elsewhere' ? await this.userAsToldBy(principal.id) : authority.user;
    return { authority, user };
  }

  private async authorityOf(principal: Principal): Promise<Authority> {
    if (!this.sessions)
      throw AuthError.unavailable('a service that only verifies has no database to ask');
    return this.sessions.readAuthority(revocable(principal));
  }

  private refused(reason: string, principal?: Principal, dpop?: DpopChallenge): AuthError {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    // an id of another issuer may equal one of ours, and must not be reported as that user
    const of = principal?.issuer === undefined &&
      principal && { userId: principal.id, sessionId: principal.sessionId };
    this.events?.publish({ type: 'token.refused', reason, ...of });
    this.log?.note(reason);
    return new AuthError('token_refused', reason, { dpop });
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
    const { mayActAs = new Map<string, never>() } = this.options?.sessions ?? {};
    return actingRefusal(mayActAs, found, user);
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
