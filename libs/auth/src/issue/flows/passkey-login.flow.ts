import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import {
  amrOf,
  type CeremonyContext,
  type CeremonyOptions,
  PasskeyCeremonies,
} from '../factors/passkey-ceremonies.service.js';
import { SecondStep } from '../factors/second-step.service.js';
import type { PasskeyFactor } from '../../storage/factor.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { DeviceIds } from '../users/device-id.js';
import { type Admission, LoginThrottle } from '../users/login-throttle.service.js';
import {
  PasswordVerifier,
  type SignerOutcome,
  type VerifiedCandidate,
} from '../users/password-verifier.service.js';
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

type Answered =
  | {
      readonly kind: 'accepted';
      readonly factor: PasskeyFactor;
      readonly candidate: VerifiedCandidate;
    }
  | { readonly kind: 'refused'; readonly reason: 'passkey' | 'disabled'; readonly userId?: string };

/** A passkey → session and tokens. With user verification it is two factors: nothing more is asked for. */
@Injectable()
export class PasskeyLoginFlow {
  constructor(
    private readonly ceremonies: PasskeyCeremonies,
    private readonly steps: SecondStep,
    private readonly verifier: PasswordVerifier,
    private readonly devices: DeviceIds,
    private readonly throttle: LoginThrottle,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * Options for a passkey. With the ticket of a login's first step they are for that user only. Throws
   * `second_factor_refused`.
   */
  async options(ticket: string | undefined, origin: string | undefined): Promise<CeremonyOptions> {
    if (ticket === undefined) return this.ceremonies.signInOptions(origin);
    const live = await this.steps.read(ticket);
    if (!live) throw new AuthError('second_factor_refused', 'no live ticket');
    const passkeys = await this.steps.passkeysOf(live.subject);
    return this.ceremonies.secondStepOptions(ticket, passkeys, origin);
  }

  /**
   * Throws `login_refused`, which counts against the address, or against the device that signed in before; `throttled`.
   */
  async login(input: PasskeyLoginInput, context: CeremonyContext): Promise<LoginResult> {
    const { client } = context;
    const transport = this.signIn.transportOf(input.transport, client);
    const asOfMs = this.clock.now();
    const admission = await this.admit(input.device, client);
    const answered = await this.answered(input, context).catch(async (error: unknown) => {
      await admission.giveBack();
      throw error;
    });
    if (answered.kind === 'refused') {
      const { reason, userId } = answered;
      const { ip, tenant } = client;
      this.events.publish({ type: 'login.failed', reason, userId, ip, tenant });
      throw new AuthError('login_refused', 'the passkey was not accepted');
    }
    await admission.giveBack();
    const { factor } = answered;
    const { account, subject: expected } = answered.candidate;
    const deviceId = this.devices.knownId(input.device, account.id, expected.epoch);
    const persistent = input.rememberMe ?? false;
    return this.signIn.open(
      {
        account,
        expected,
        transport,
        persistent,
        asOfMs,
        deviceId,
        amr: amrOf(factor),
        authTime: new Date(asOfMs),
      },
      client,
    );
  }

  /** A device that has used up its tries, maybe those of another account in the same browser, counts as none. */
  private async admit(device: string | undefined, { ip }: ClientContext): Promise<Admission> {
    const known = this.devices.genuine(device);
    if (known === undefined) return this.throttle.admitLookUp(ip);
    return this.throttle.admitDevice(known).catch((error: unknown) => {
      if (error instanceof AuthError && error.reason === 'throttled')
        return this.throttle.admitLookUp(ip);
      throw error;
    });
  }

  private async answered(
    { ticket, response }: PasskeyLoginInput,
    context: CeremonyContext,
  ): Promise<Answered> {
    const read: { owner?: SignerOutcome } = {};
    const factor = await this.ceremonies.signedIn(ticket, response, context, async (subject) => {
      read.owner = await this.verifier.findSigner(subject, context.client.tenant);
    });
    if (!factor) return { kind: 'refused', reason: 'passkey' };
    const { owner } = read;
    if (owner?.kind === 'found') return { kind: 'accepted', factor, candidate: owner.candidate };
    const reason = owner?.reason === 'of another tenant' ? 'passkey' : 'disabled';
    return { kind: 'refused', reason, userId: factor.subject };
  }
}
