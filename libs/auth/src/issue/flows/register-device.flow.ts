import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { DeviceChallenges } from '../devices/device-challenges.service.js';
import { readDeviceProof, writeDeviceKey } from '../devices/device-proof.js';
import { Announcer } from '../sessions/announcer.service.js';
import { hashSecret } from '../sessions/refresh-token.js';
import type { RenewedTokens } from '../tokens/issued-tokens.js';
import { clientOf } from '../tokens/token-grants.service.js';
import { DeviceSessions, KEEP_COOKIES, type PresentedDevice } from './device-sessions.service.js';

/** A later registration may come from a thief who has the cookies of an abandoned browser. */
const REGISTRATION_WINDOW_MS = 600_000;

/** A browser's key → its session is bound to it (contract, section 10; Device Bound Session Credentials, W3C draft). */
@Injectable()
export class RegisterDeviceFlow {
  constructor(
    private readonly devices: DeviceSessions,
    private readonly challenges: DeviceChallenges,
    private readonly store: SessionStore,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the browser's key with its session, once. Throws `device_required`, with a challenge where the browser
   * should try again.
   */
  async register(device: PresentedDevice, client: ClientContext): Promise<RenewedTokens> {
    const asOfMs = this.clock.now();
    const { presented, snapshot, isCurrent } = await this.devices.find(device, client);
    const { session } = snapshot;
    // whoever stole a spent token must not bind the session to their own key
    if (!isCurrent || session.transport !== 'cookie')
      throw new AuthError(
        'token_refused',
        'not the current refresh token of a cookie session',
        KEEP_COOKIES,
      );
    if (session.bound) throw new AuthError('device_required', 'the session has a key already');

    const of = { kind: 'registration', sessionId: session.id } as const;
    const proof = readDeviceProof(device.proof ?? '');
    const challenge = this.challenges.open(of, proof.challenge);
    // a thief who copied the cookies has not seen the challenge in the login's answer, and must not get
    // a usable one here
    if (challenge.kind === 'foreign')
      throw this.challenges.refusal({ ...of, kind: 'none' }, 'not the challenge of this login');
    if (proof.kind === 'malformed') throw this.challenges.refusal(of, 'a malformed proof');
    const { key } = proof;
    if (!key || !proof.isSignedBy(key))
      throw this.challenges.refusal(
        of,
        'the proof has no key of an accepted kind, or another key signed it',
      );
    if (challenge.kind === 'stale') throw this.challenges.refusal(of, 'a stale challenge');

    // a browser that is answered with an error forgets its key, and a bound session never gets another
    await this.devices.rehearse(snapshot, asOfMs);
    const outcome = await this.store.registerDevice({
      sessionId: session.id,
      presentedHash: hashSecret(presented.secret),
      key: writeDeviceKey(key),
      withinMs: REGISTRATION_WINDOW_MS,
      ...this.devices.lifetimes,
      ...clientOf(client),
    });
    if (outcome.kind === 'missed')
      throw new AuthError(
        'device_required',
        'the session has a key already, or is too old to get one',
      );
    await this.announcer.announce(outcome);
    return this.devices.grant(outcome, asOfMs, device.refresh?.value);
  }
}
