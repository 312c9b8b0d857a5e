import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { Principal } from '../common/principal.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { API_KEY_PREFIX, ApiKeyLookup } from './api-key-lookup.port.js';
import { AuthoritativeCheck } from './authoritative-check.service.js';
import { CallerStanding } from './caller-standing.service.js';
import { BoundTokens } from './dpop/bound-tokens.service.js';
import type { HttpRequest } from './http/adapter.js';
import type { PresentedToken } from './presented-token.js';
import type { CheckOptions } from './revocation/revocation-checker.service.js';
import { belongsAt, type Trusted, trustOf } from './tenants/ask-whose.js';
import { type Recognised, TokenRecognition } from './token-recognition.service.js';
import { TokenRefusals } from './token-refusals.service.js';

type Token = Extract<PresentedToken, { kind: 'token' }>;

export interface AuthenticateOptions extends CheckOptions {
  /** Which issuers of `trustedIssuers` are accepted in addition to our own, only in a `Bearer` header. Default none. */
  readonly issuers?: Trusted;
}

/**
 * Every guarded request, on every transport: token → policy → revocation → principal. Without I/O while the view is
 * fresh.
 */
@Injectable()
export class AuthenticateFlow {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly refusals: TokenRefusals,
    private readonly recognition: TokenRecognition,
    private readonly standing: CallerStanding,
    private readonly bound: BoundTokens,
    private readonly authority: AuthoritativeCheck,
    private readonly apiKeys?: ApiKeyLookup,
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
    if (!this.options.tenants) return caller;
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
    if (presented.kind === 'refused') throw this.refusals.refused(presented.detail);
    const { value } = presented;
    // never from a cookie, which a browser sends by itself
    if (this.apiKeys && value.startsWith(API_KEY_PREFIX) && presented.source === 'bearer')
      return this.apiKeys.authenticate(value, presented.ip, options);
    // never from a cookie either: our cookies hold only our own tokens
    const named = presented.source === 'bearer' ? options?.issuers : undefined;
    const recognised = this.recognition.recognise(value, named && trustOf(named, request));
    return recognised instanceof Promise
      ? recognised.then((settled) => this.admitted(presented, settled, options))
      : this.admitted(presented, recognised, options);
  }

  private admitted(
    presented: Token,
    recognised: Recognised,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    if (recognised.kind === 'refused') throw this.refusals.refused(recognised.reason);
    const { principal, boundKey, pending } = recognised;
    // whether a token of another issuer is bound, is for its issuer's verifier
    if (principal.issuer !== undefined) return this.recheck(principal, options);
    if (pending) return this.refusedUntilBound(principal, options);
    if (boundKey === undefined && presented.source !== 'dpop')
      return this.recheck(principal, options, presented.value);
    return this.bound.check(presented, principal, boundKey, options);
  }

  /** Refuses a token in a request of another tenant. For tokens of other issuers, the route has named the issuers. */
  private atItsTenant(principal: Principal, request: HttpRequest | undefined): Principal {
    if (principal.issuer !== undefined || belongsAt(this.options, principal, request))
      return principal;
    throw this.refusals.refused('tenant_mismatch', principal);
  }

  /** For `deviceBound: 'require'`. A revoked session is 401 here as elsewhere. */
  private async refusedUntilBound(
    principal: Principal,
    options?: AuthenticateOptions,
  ): Promise<never> {
    await this.recheck(principal, options);
    throw new AuthError('device_required', 'the browser has not registered its key yet');
  }

  /**
   * Whether an authenticated principal was revoked since; the caller checks its expiry. If the owner of an API key has
   * another role, or signed out everywhere, the key is looked up again: continue with the returned principal. Throws
   * like `authenticate`.
   */
  recheck(
    principal: Principal,
    options?: AuthenticateOptions,
    token?: string,
  ): Principal | Promise<Principal> {
    return this.standing.check(principal, options, token);
  }

  /** The current principal of an API key that was accepted before. Throws like `authenticate`. */
  lookAgain(principal: Principal, options?: AuthenticateOptions): Promise<Principal> {
    return this.standing.lookAgain(principal, options);
  }

  /** The authoritative check: one query on the primary. Any difference refuses the token. */
  confirm(principal: Principal): Promise<Principal> {
    return this.authority.confirm(principal);
  }

  /** Throws `configuration_invalid` if there is no database to confirm with; at boot, not at the first request. */
  assertCanConfirm(guard: string): void {
    this.authority.assertCanConfirm(guard);
  }
}
