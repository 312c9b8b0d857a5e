import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SessionSnapshot, SessionState } from '../../storage/session.js';
import { SessionStore } from '../../storage/session-store.port.js';
import type { PresentedRefresh } from '../../verify/presented-token.js';
import { DeviceChallenges } from '../devices/device-challenges.service.js';
import { readDeviceProof, storedDeviceKey, writeDeviceKey } from '../devices/device-proof.js';
import { Announcer } from '../sessions/announcer.service.js';
import { type GenuineRefreshToken, hashSecret, isCurrent } from '../sessions/refresh-token.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { BoundTokens } from '../tokens/issued-tokens.js';
import { clientOf, TokenGrants } from '../tokens/token-grants.service.js';
import { NamedSessions } from './named-sessions.service.js';

/** What a browser presents: its cookies, the proof, and the id of the session that it means. */
export interface PresentedDevice {
  readonly refresh: PresentedRefresh | undefined;
  /** `Secure-Session-Response`; undefined where there are several. */
  readonly proof: string | undefined;
  /** `Sec-Secure-Session-Id`. */
  readonly sessionId: string | undefined;
}

interface Found {
  readonly presented: GenuineRefreshToken;
  readonly snapshot: SessionSnapshot;
  readonly isCurrent: boolean;
}

/** A later registration may come from a thief who has the cookies of an abandoned browser. */
const REGISTRATION_WINDOW_MS = 600_000;
/** How many used challenges are remembered: more than any browser signs in five minutes. */
const MAX_REMEMBERED = 64;

/** Sessions bound to a browser's key (contract, section 10; Device Bound Session Credentials, W3C draft). */
@Injectable()
export class DeviceSessionFlow {
  constructor(
    private readonly store: SessionStore,
    private readonly sessions: SessionService,
    private readonly byAccessToken: NamedSessions,
    private readonly challenges: DeviceChallenges,
    private readonly grants: TokenGrants,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the browser's key with its session, once. Throws `device_required`, with a challenge where the browser
   * should try again.
   */
  async register(device: PresentedDevice, client: ClientContext): Promise<BoundTokens> {
    const asOfMs = this.clock.now();
    const { presented, snapshot, isCurrent } = await this.find(device, client);
    const { session } = snapshot;
    // a spent token must not bind the session to a key of whoever has it
    if (!isCurrent || session.transport !== 'cookie')
      throw new AuthError(
        'token_refused',
        'not the current refresh token of a cookie session',
        KEEP,
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

    const outcome = await this.store.registerDevice({
      sessionId: session.id,
      presentedHash: hashSecret(presented.secret),
      key: writeDeviceKey(key),
      withinMs: REGISTRATION_WINDOW_MS,
      ...this.lifetimes,
      ...clientOf(client),
    });
    if (outcome.kind === 'missed')
      throw new AuthError(
        'device_required',
        'the session has a key already, or is too old to get one',
      );
    await this.announcer.announce(outcome);
    return this.grant(outcome, asOfMs, device.refresh?.value);
  }

  /**
   * Issues an access token for a proof by the session's key. Throws `device_required` with a challenge, `token_refused`
   * for a dead session.
   */
  async prove(device: PresentedDevice, client: ClientContext): Promise<BoundTokens> {
    const asOfMs = this.clock.now();
    const { snapshot, isCurrent } = await this.find(device, client);
    const { id: sessionId, subject: userId, actor, bound } = snapshot.session;
    if (bound?.kind !== 'dbsc')
      throw new AuthError('token_refused', 'the session has no key', KEEP);

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
      ...this.lifetimes,
      ...clientOf(client),
    });
    if (outcome.kind === 'missed') {
      await this.find(device, client);
      throw this.challenges.refusal(wanted, 'a used challenge');
    }
    const grant = await this.grant(outcome, asOfMs, isCurrent ? device.refresh?.value : undefined);
    this.events.publish({ type: 'refresh.rotated', ...of, ...clientOf(client) });
    return grant;
  }

  /**
   * Finds the live session of the refresh cookie. Any generation is accepted, since a bound session does not rotate.
   */
  private async find(
    { refresh, sessionId }: PresentedDevice,
    client: ClientContext,
  ): Promise<Found> {
    if (!refresh) throw new AuthError('token_missing', 'no refresh cookie was presented');
    const presented = this.sessions.inspect(refresh.value);
    if (presented.kind === 'junk') throw new AuthError('token_refused', 'refresh token: junk');
    await this.byAccessToken.refuseOther(presented.sessionId, refresh.accessCookies, client);
    // after a new sign-in the browser still refreshes its former session; the 401 ends only the former one
    if (sessionId !== undefined && sessionId !== presented.sessionId)
      throw new AuthError('token_refused', 'the browser names another session', KEEP);
    const snapshot = await this.store.read(presented.sessionId);
    if (!snapshot?.live) throw new AuthError('token_refused', 'refresh token: dead');
    return { presented, snapshot, isCurrent: isCurrent(snapshot, presented) };
  }

  private async grant(
    state: SessionState,
    asOfMs: number,
    refreshToken?: string,
  ): Promise<BoundTokens> {
    const access = await this.access.token(state, asOfMs);
    return { ...this.grants.grant(state.session, access, refreshToken ?? ''), refreshToken };
  }

  private get lifetimes() {
    const { ttlMs, rememberMeTtlMs } = this.options.refreshToken;
    return { ttlMs, rememberMeTtlMs };
  }
}

const KEEP = { cookies: 'keep' } as const;
