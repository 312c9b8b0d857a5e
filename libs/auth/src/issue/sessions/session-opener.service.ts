import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import type { NewSession, Session } from '../../storage/session.js';
import type { SubjectState } from '../../storage/subject.js';
import type { TokenDelivery } from '../../contract/index.js';
import { type OpenSessionInput, SessionService } from './session.service.js';
import { DeviceChallenges } from '../devices/device-challenges.service.js';
import { DeviceIds } from '../users/device-id.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { OpenedSessions } from './opened-sessions.service.js';
import type { OpeningSession } from '../../options/session-hooks.js';
import { SessionHooks } from './session-hooks.service.js';
import type { ProviderSignIn } from '../oidc/provider-logouts.service.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import type { IssuedAccessToken } from '../tokens/access-token-issuer.service.js';
import type { IssuedTokens, LoginResult } from '../tokens/issued-tokens.js';
import { clientOf, TokenGrants } from '../tokens/token-grants.service.js';

export interface SessionOpening {
  readonly account: UserAccount;
  /** Read no later than the facts that proved who the user is. */
  readonly expected: SubjectState;
  readonly transport: TokenDelivery;
  readonly persistent: boolean;
  readonly authTime: Date;
  readonly amr: readonly string[];
  /** Milliseconds since the epoch, read before the state above: the token's times count from it. */
  readonly asOfMs: number;
  /** The id of a device that has signed in to the account before. */
  readonly deviceId?: string;
  /** Who acts as the user, with the counters that were read together with that right. */
  readonly actor?: NewSession['actor'];
  /** Default: as `SessionLimiter` says; never longer. */
  readonly absoluteTtlMs?: number;
  /** Kept with the session, as `TokenGrants.sessionClaims` read them. */
  readonly claims?: CustomClaims;
  /** The sign-in at a provider that identified the user. */
  readonly provider?: ProviderSignIn;
  /**
   * Spends what proved who the user is: in the transaction that stores the session, or as the last thing before the
   * ticket of a second step is given out. What it throws stops the sign-in.
   */
  readonly spend?: (tx?: HostTransaction) => Promise<void>;
}

/** Opens a session and grants its first tokens; `superseded` if the user's sessions were ended meanwhile. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly sessions: SessionService,
    private readonly grants: TokenGrants,
    private readonly devices: DeviceIds,
    private readonly challenges: DeviceChallenges,
    private readonly hooks: SessionHooks,
    private readonly opened: OpenedSessions,
    private readonly entropy: Entropy,
    private readonly options: ResolvedAuthOptions,
  ) {}

  async open(opening: SessionOpening, client: ClientContext): Promise<LoginResult | 'superseded'> {
    const { session, access } = await this.prepared(opening, client);
    const opened = await this.sessions.open(session, clientOf(client), opening.spend);
    if (opened.kind === 'superseded') return 'superseded';

    if ((await this.opened.announce(opened, opening.provider)) === 'ended') return 'superseded';
    const tokens = this.grants.grant(opened.session, access, opened.refreshToken);
    return { user: opening.account, grant: this.withDevice(tokens, opened.session, opening) };
  }

  /**
   * To be called before a step that cannot be undone: where a hook of the host or a remote signer fails, it fails
   * here. The token is thrown away.
   */
  async rehearse(opening: SessionOpening, client: ClientContext): Promise<void> {
    await this.prepared(opening, client);
  }

  /** Asks the host, and signs the token before the session is stored, so that a failure leaves no session behind. */
  private async prepared(
    opening: SessionOpening,
    client: ClientContext,
  ): Promise<{ readonly session: OpenSessionInput; readonly access: IssuedAccessToken }> {
    const { account, expected, transport, authTime, amr, asOfMs, deviceId, actor } = opening;
    const bound = this.boundTo(transport, client);
    const sessionId = this.entropy.uuid();
    const { id: subject, tenant = client.tenant } = account;
    const told = openingOf(opening, client);
    const limits = await this.hooks.limitsOf(told);
    const absoluteTtlMs = Math.min(limits.absoluteTtlMs, opening.absoluteTtlMs ?? Infinity);
    const claims = await this.hooks.claimsOf(told, opening.claims);
    const registerWithinMs = this.challenges.registerWithinMs(transport);
    const access = await this.grants.accessToken({
      subject,
      sessionId,
      state: expected,
      user: account,
      authTime,
      amr,
      transport,
      claims,
      bound,
      registerBy: registerWithinMs === undefined ? null : new Date(asOfMs + registerWithinMs),
      actor,
      accessTtlSeconds: limits.limits?.accessTtlSeconds,
      absoluteExpiresAt: new Date(asOfMs + absoluteTtlMs),
      asOfMs,
    });
    const knownDevice = deviceId !== undefined;
    const session = {
      ...opening,
      ...limits,
      absoluteTtlMs,
      sessionId,
      subject,
      knownDevice,
      tenant,
      claims,
      bound,
      registerWithinMs,
    };
    return { session, access };
  }

  /** With what the browser needs to register a key, and the id by which it is known at the next login. */
  private withDevice(
    tokens: IssuedTokens,
    session: Session,
    { account, expected, deviceId, actor }: SessionOpening,
  ): IssuedTokens {
    const registrationChallenge = this.challenges.offer(session);
    const grant =
      registrationChallenge === undefined ? tokens : { ...tokens, registrationChallenge };
    // the actor's device is not one of the user's devices
    if (actor) return grant;
    return { ...grant, deviceToken: this.devices.mint(account.id, expected.epoch, deviceId) };
  }

  /** A browser sends cookies by itself, so no script can add the proof of a key to them. */
  private boundTo(transport: TokenDelivery, { provedKey }: ClientContext): NewSession['bound'] {
    if (!this.options.dpop || transport === 'cookie' || provedKey === undefined) return undefined;
    return { kind: 'dpop', key: provedKey };
  }
}

/** What the host's hooks get to know. */
function openingOf(
  { account, transport, persistent: rememberMe, amr, actor }: SessionOpening,
  client: ClientContext,
): OpeningSession {
  const { id: userId, role, permissions, tenant = client.tenant } = account;
  const { ip, userAgent } = client;
  const user = { userId, role, permissions, tenant, ...(actor && { actorId: actor.id }) };
  return { ...user, transport, rememberMe, amr, ip, userAgent };
}
