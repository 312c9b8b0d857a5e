import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { Duration } from '../../common/duration.js';
import {
  date,
  duration,
  flag,
  group,
  handle,
  list,
  oneOf,
  text,
} from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { type TokenDelivery, TOKEN_DELIVERIES } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type ActingCaller, ActingRights } from '../users/acting-rights.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';

export interface OpenSessionOptions {
  /** Default: the module's. */
  readonly transport?: TokenDelivery;
  /** Default false. */
  readonly rememberMe?: boolean;
  /**
   * When the person proved a credential. Default now; not to be given with `actor`. A time later than now (plus the
   * clock tolerance) is refused.
   */
  readonly authTime?: Date;
  /** How the person proved it (RFC 8176). Default none. */
  readonly amr?: readonly string[];
  readonly client?: ClientContext;
  /**
   * `satisfied`: the host has checked a second factor, or does not need one. Default: a user who has one (`factors`)
   * gets a ticket instead of a session.
   */
  readonly secondFactor?: 'satisfied';
  /**
   * Who acts as the user: the caller's principal, or `{ id }` of a user whose role may do so (`sessions.mayActAs`).
   * Each token (`act`) and each event of the session names the actor. The session lasts at most 1 h, and ends when
   * the actor is signed out everywhere, disabled or deleted, or when the actor's role or permissions change. No
   * second factor is asked for.
   */
  readonly actor?: ActingCaller;
  /** The longest time for which the actor acts as the user. Default and maximum `1h`. Only together with `actor`. */
  readonly ttl?: Duration;
  /** Kept with the session and in each of its tokens, under the rules of the `claims` hook. Default none. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** As the header is kept: of a bounded length, and without what a column of text cannot hold. */
const userAgentOf = (text: string): string => text.replace(/[\p{Cc}\p{Cs}]/gu, '').slice(0, 512);

export const openSessionSchema = group({
  transport: oneOf(TOKEN_DELIVERIES).optional(),
  rememberMe: flag().prefault(false),
  authTime: date().optional(),
  amr: list(text()).prefault([]),
  secondFactor: oneOf(['satisfied']).optional(),
  actor: handle<ActingCaller>(
    (value) => 'id' in value && typeof value.id === 'string' && value.id !== '',
    'the principal of the caller, or { id } of a user',
  ).optional(),
  ttl: duration('1s', '1h').optional(),
  claims: handle<CustomClaims>((value) => !Array.isArray(value), 'an object').optional(),
  client: group({
    ip: z.string().optional(),
    userAgent: z.string().transform(userAgentOf).optional(),
    tenant: z.string().optional(),
    provedKey: z.string().optional(),
  }).prefault({}),
});

const ACTING_TTL_MS = 60 * 60_000;

/**
 * Opens a session for a user whom the host has authenticated itself: social login, passkey, second factor, magic link.
 */
@Injectable()
export class OpenSessionFlow {
  constructor(
    private readonly verifier: PasswordVerifier,
    private readonly rights: ActingRights,
    private readonly signIn: CompleteSignIn,
    private readonly grants: TokenGrants,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws, with an `actor`, `forbidden` and `user_not_found`. Throws without one `login_refused` if the user is
   * unknown, disabled, or was signed out everywhere meanwhile. Throws `configuration_invalid` for an `authTime` that
   * is not a date or lies in the future, and `claim_refused` for `claims` that must not be in a token.
   */
  async openSession(userId: string, given: OpenSessionOptions = {}): Promise<SignInResult> {
    const options = readOptions(openSessionSchema, given, {
      of: 'openSession',
      prefix: 'openSession',
    });
    const transport = this.signIn.transportOf(options.transport, options.client);
    const asOfMs = this.clock.now();
    const authTime = this.authTimeOf(options, asOfMs);
    const claims = options.claims && this.grants.sessionClaims(options.claims);
    const { account, expected } = await this.userFor(userId, options.actor);
    const { rememberMe: persistent, amr, client } = options;
    const step = { account, expected, transport, persistent, amr, claims, asOfMs };
    const acting = await this.actingIn(options, account);
    const due = acting || options.secondFactor ? undefined : await this.signIn.due(step, client);
    return due ?? this.signIn.open({ ...step, authTime, ...acting }, client);
  }

  /** An actor may learn that a user does not exist; a sign-in may not. */
  private async userFor(userId: string, actor: ActingCaller | undefined) {
    const candidate = await this.verifier.findById(userId);
    if (!candidate)
      throw actor
        ? new AuthError('user_not_found', 'no user has that id')
        : new AuthError('login_refused', 'unknown_user');
    const { account, subject: expected } = candidate;
    if (account.disabled) throw new AuthError(actor ? 'forbidden' : 'login_refused', 'disabled');
    return { account, expected };
  }

  private async actingIn(
    { actor, ttl }: { actor?: ActingCaller; ttl?: number },
    account: UserAccount,
  ) {
    if (!actor && ttl !== undefined)
      throw AuthError.configuration(
        'openSession.ttl',
        'is only for sessions with an actor: leave it out',
      );
    if (!actor) return undefined;
    return { actor: await this.rights.admit(actor, account), absoluteTtlMs: ttl ?? ACTING_TTL_MS };
  }

  private authTimeOf(
    { authTime: given, actor }: Pick<OpenSessionOptions, 'authTime' | 'actor'>,
    asOfMs: number,
  ): Date {
    // the user proved nothing to the actor
    const authTime = given ?? new Date(actor ? 0 : asOfMs);
    const latestMs = asOfMs + this.options.accessToken.clockToleranceSeconds * 1000;
    if (authTime.getTime() >= 0 && authTime.getTime() <= latestMs) return authTime;
    throw AuthError.configuration(
      'openSession.authTime',
      'is not a date of the past; give the instant at which the person proved a credential',
    );
  }
}
