import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import type { TokenDelivery } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import {
  type ChallengeOf,
  mintChallenge,
  oldestChallengeId,
  type OpenedChallenge,
  openChallenge,
} from './session-challenge.js';

const REGISTER_WITHIN_MS = 60_000;

/** Makes the challenges of bound sessions, and the refusals that carry one. */
@Injectable()
export class DeviceChallenges {
  constructor(
    private readonly ring: RefreshSecrets,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    private readonly entropy: Entropy,
  ) {}

  mint(of: ChallengeOf): string {
    return mintChallenge(this.ring, of, this.clock.now(), this.entropy);
  }

  /** How long a new session may live without a key; undefined where it does not need one. */
  registerWithinMs(transport: TokenDelivery): number | undefined {
    return this.options.deviceBound.mode === 'require' && transport === 'cookie'
      ? REGISTER_WITHIN_MS
      : undefined;
  }

  /** A challenge for a session that was just opened; undefined where browsers are not asked to register a key. */
  offer(session: { readonly id: string; readonly transport: TokenDelivery }): string | undefined {
    const { deviceBound, routes } = this.options;
    if (deviceBound.mode === 'off' || !routes.device || session.transport !== 'cookie')
      return undefined;
    return this.mint({ kind: 'registration', sessionId: session.id });
  }

  open(of: ChallengeOf, text: string): OpenedChallenge {
    return openChallenge(this.ring, of, text, this.times);
  }

  get oldestId(): string {
    return oldestChallengeId(this.times);
  }

  /** 403 with a new challenge for the next try to sign. A challenge of kind `none` is never accepted. */
  refusal(of: ChallengeOf, detail: string): AuthError {
    const parameter = of.kind === 'refresh' ? `;id="${of.sessionId}"` : '';
    const sessionChallenge = `"${this.mint(of)}"${parameter}`;
    return new AuthError('device_required', detail, { sessionChallenge });
  }

  private get times() {
    return {
      nowMs: this.clock.now(),
      toleranceMs: this.options.accessToken.clockToleranceSeconds * 1000,
    };
  }
}
