import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { DeviceChallenges } from '../devices/device-challenges.service.js';
import { readDeviceProof, storedDeviceKey } from '../devices/device-proof.js';
import type { RenewedTokens } from '../tokens/issued-tokens.js';
import { clientOf } from '../tokens/token-grants.service.js';
import { DeviceSessions, KEEP_COOKIES, type PresentedDevice } from './device-sessions.service.js';

/** How many used challenges are remembered: more than any browser signs in five minutes. */
const MAX_REMEMBERED = 64;

/** A proof by the key of a bound session → an access token (contract, section 10). */
@Injectable()
export class ProveDeviceFlow {
  constructor(
    private readonly devices: DeviceSessions,
    private readonly challenges: DeviceChallenges,
    private readonly store: SessionStore,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * Issues an access token for a proof by the session's key. Throws `device_required` with a challenge, `token_refused`
   * for a dead session.
   */
  async prove(device: PresentedDevice, client: ClientContext): Promise<RenewedTokens> {
    const asOfMs = this.clock.now();
    const { snapshot, isCurrent } = await this.devices.find(device, client);
    const { id: sessionId, subject: userId, actor, bound } = snapshot.session;
    if (bound?.kind !== 'dbsc')
      throw new AuthError('token_refused', 'the session has no key', KEEP_COOKIES);

    const wanted = { kind: 'refresh', sessionId } as const;
    const of = { userId, ...(actor && { actorId: actor.id }), sessionId };
    if (device.proof === undefined) throw this.challenges.refusal(wanted, 'a proof is due');
    const proof = readDeviceProof(device.proof);
    if (proof.kind === 'malformed') throw this.challenges.refusal(wanted, 'a malformed proof');
    const key = storedDeviceKey(bound.key);
    if (!key || !proof.isSignedBy(key)) {
      this.events.publish({ type: 'device.refused', ...of, ...clientOf(client) });
      throw this.challenges.refusal(wanted, 'a proof by another key');
    }
    const challenge = this.challenges.open(wanted, proof.challenge);
    if (challenge.kind !== 'fresh')
      throw this.challenges.refusal(wanted, `a ${challenge.kind} challenge`);

    const outcome = await this.store.useDevice({
      sessionId,
      key: bound.key,
      challengeId: challenge.id,
      maxRemembered: MAX_REMEMBERED,
      oldestChallengeId: this.challenges.oldestId,
      ...this.devices.lifetimes,
      ...clientOf(client),
    });
    if (outcome.kind === 'missed') {
      await this.devices.find(device, client);
      throw this.challenges.refusal(wanted, 'a used challenge');
    }
    const grant = await this.devices.grant(
      outcome,
      asOfMs,
      isCurrent ? device.refresh?.value : undefined,
    );
    this.events.publish({ type: 'refresh.rotated', ...of, ...clientOf(client) });
    return grant;
  }
}
