import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { date, flag, group, handle, list, oneOf, text } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { type TokenDelivery, TOKEN_DELIVERIES } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';

export interface OpenSessionOptions {
  /** Default: the module's. */
  readonly transport?: TokenDelivery;
  /** Default false. */
  readonly rememberMe?: boolean;
  /** When the person proved a credential. Default now; later than now (and the clock tolerance) is refused. */
  readonly authTime?: Date;
  /** How (RFC 8176). Default none. */
  readonly amr?: readonly string[];
  readonly client?: ClientContext;
  /** `satisfied`: the host has asked for it, or needs none. Default: a user who has one (`factors`) gets a ticket instead of a session. */
  readonly secondFactor?: 'satisfied';
  /** Kept with the session and in each of its tokens, under the rules of the `claims` hook. Default none. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export const openSessionSchema = group({
  transport: oneOf(TOKEN_DELIVERIES).optional(),
  rememberMe: flag().prefault(false),
  authTime: date().optional(),
  amr: list(text()).prefault([]),
  secondFactor: oneOf(['satisfied']).optional(),
  claims: handle<CustomClaims>((value) => !Array.isArray(value), 'an object').optional(),
  client: group({
    ip: z.string().optional(),
    userAgent: z.string().optional(),
    tenant: z.string().optional(),
  }).prefault({}),
});

/** A session for a user whom the host has authenticated itself: social login, passkey, second factor, magic link. */
@Injectable()
export class OpenSessionFlow {
  constructor(
    private readonly verifier: PasswordVerifier,
    private readonly signIn: CompleteSignIn,
    private readonly grants: TokenGrants,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * `login_refused` when the user is unknown, disabled, or was signed out everywhere meanwhile; `configuration_invalid` for an `authTime` that is not
   * a date or lies in the future; `claim_refused` for `claims` that must not be in a token.
   */
  async openSession(userId: string, given: OpenSessionOptions = {}): Promise<SignInResult> {
    const options = readOptions(openSessionSchema, given, { of: 'openSession', prefix: 'openSession' });
    const transport = this.signIn.transportOf(options.transport);
    const asOfMs = this.clock.now();
    const authTime = this.authTimeOf(options, asOfMs);
    const claims = options.claims && this.grants.sessionClaims(options.claims);
    const candidate = await this.verifier.findById(userId);
    if (!candidate || candidate.account.disabled)
      throw new AuthError('login_refused', candidate ? 'disabled' : 'unknown_user');
    const { account, subject: expected } = candidate;
    const { rememberMe: persistent, amr, client } = options;
    const step = { account, expected, transport, persistent, amr, claims, asOfMs };
    const due = options.secondFactor ? undefined : await this.signIn.due(step, client);
    return due ?? this.signIn.open({ ...step, authTime }, client);
  }

  private authTimeOf(options: OpenSessionOptions, asOfMs: number): Date {
    const authTime = options.authTime ?? new Date(asOfMs);
    const latestMs = asOfMs + this.options.accessToken.clockToleranceSeconds * 1000;
    if (authTime.getTime() >= 0 && authTime.getTime() <= latestMs) return authTime;
    throw AuthError.configuration(
      'openSession.authTime',
      'is not a date of the past; give the instant at which the person proved a credential',
    );
  }
}
