import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { date, flag, group, list, oneOf, text } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { type TokenDelivery, TOKEN_DELIVERIES } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { SessionOpener } from '../sessions/session-opener.service.js';

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
}

export const openSessionSchema = group({
  transport: oneOf(TOKEN_DELIVERIES).optional(),
  rememberMe: flag().prefault(false),
  authTime: date().optional(),
  amr: list(text()).prefault([]),
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
    private readonly opener: SessionOpener,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * `login_refused` when the user is unknown, disabled, or was signed out everywhere meanwhile; `configuration_invalid` for an `authTime` that is not
   * a date or lies in the future.
   */
  async openSession(userId: string, given: OpenSessionOptions = {}): Promise<LoginResult> {
    const options = readOptions(openSessionSchema, given, { of: 'openSession', prefix: 'openSession' });
    const transport = options.transport ?? this.options.transports.default;
    if (!this.options.transports.allowed.includes(transport))
      throw new AuthError('transport_not_allowed', 'the host does not allow it');
    const asOfMs = this.clock.now();
    const authTime = this.authTimeOf(options, asOfMs);
    const candidate = await this.verifier.findById(userId);
    if (!candidate || candidate.account.disabled)
      throw new AuthError('login_refused', candidate ? 'disabled' : 'unknown_user');
    const result = await this.opener.open(
      {
        account: candidate.account,
        expected: candidate.subject,
        transport,
        persistent: options.rememberMe,
        authTime,
        amr: options.amr,
        asOfMs,
      },
      options.client,
    );
    if (result === 'superseded')
      throw new AuthError('login_refused', 'the sessions of the user were ended meanwhile');
    return result;
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
