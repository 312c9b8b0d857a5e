import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import {
  amrOf,
  type CeremonyContext,
  type CeremonyOptions,
  PasskeyCeremonies,
} from '../factors/passkey-ceremonies.service.js';
import { SecondStep } from '../factors/second-step.service.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { DeviceIds } from '../users/device-id.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { CompleteSignIn } from './complete-sign-in.service.js';

export interface PasskeyLoginInput {
  readonly ticket: string;
  /** What the browser returned, as JSON. */
  readonly response: unknown;
  readonly transport?: TokenDelivery;
  readonly rememberMe?: boolean;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

/** A passkey → session and tokens. With user verification it is two factors: nothing more is asked for. */
@Injectable()
export class PasskeyLoginFlow {
  constructor(
    private readonly ceremonies: PasskeyCeremonies,
    private readonly steps: SecondStep,
    private readonly verifier: PasswordVerifier,
    private readonly devices: DeviceIds,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /** With the ticket of a login's first step: for that user alone. Throws `second_factor_refused`. */
  async options(ticket: string | undefined, origin: string | undefined): Promise<CeremonyOptions> {
    if (ticket === undefined) return this.ceremonies.signInOptions(origin);
    const live = await this.steps.read(ticket);
    if (!live) throw new AuthError('second_factor_refused', 'no live ticket');
    const passkeys = await this.steps.passkeysOf(live.subject);
    return this.ceremonies.secondStepOptions(ticket, live, passkeys, origin);
  }

  /** Throws `login_refused`. */
  async login(input: PasskeyLoginInput, context: CeremonyContext): Promise<LoginResult> {
    const { client } = context;
    const transport = this.signIn.transportOf(input.transport, client);
    const asOfMs = this.clock.now();
    const factor = await this.ceremonies.signedIn(input.ticket, input.response, context);
    const candidate = factor && (await this.verifier.findById(factor.subject));
    if (!factor || !candidate || candidate.account.disabled) {
      const [userId, { ip }] = [factor?.subject, client];
      this.events.publish({ type: 'login.failed', reason: factor ? 'disabled' : 'passkey', userId, ip });
      throw new AuthError('login_refused', 'the passkey was not accepted');
    }
    const { account, subject: expected } = candidate;
    const standing = this.devices.verify(input.device, account.id, expected.epoch);
    const deviceId = standing.kind === 'known' ? standing.id : undefined;
    const persistent = input.rememberMe ?? false;
    return this.signIn.open(
      {
        ...{ account, expected, transport, persistent, asOfMs, deviceId },
        ...{ amr: amrOf(factor), authTime: new Date(asOfMs) },
      },
      client,
    );
  }
}
