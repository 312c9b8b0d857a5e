import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import type { NewSession } from '../../storage/session.js';
import type { SubjectState } from '../../storage/subject.js';
import type { TokenDelivery } from '../../contract/index.js';
import { Announcer } from './announcer.service.js';
import { SessionService } from './session.service.js';
import { DeviceIds } from '../users/device-id.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { clientOf, TokenGrants } from '../tokens/token-grants.service.js';

export interface SessionOpening {
  readonly account: UserAccount;
  /** As read no later than what proved who the user is. */
  readonly expected: SubjectState;
  readonly transport: TokenDelivery;
  readonly persistent: boolean;
  readonly authTime: Date;
  readonly amr: readonly string[];
  /** An instant read before the state above was read. */
  readonly asOfMs: number;
  /** The id of a device that signed in to the account before. */
  readonly deviceId?: string;
  /** Who acts as the user, with the counters that were read with the right to. */
  readonly actor?: NewSession['actor'];
  /** Default: `refreshToken.absoluteTtl`. */
  readonly absoluteTtlMs?: number;
  /** To be kept with the session, as `TokenGrants.sessionClaims` read them. */
  readonly claims?: CustomClaims;
  /** The key that was proved. */
  readonly bound?: NewSession['bound'];
}

/** Opens a session and grants its first tokens; `superseded` when the user's sessions were ended meanwhile. */
@Injectable()
export class SessionOpener {
  constructor(
    private readonly sessions: SessionService,
    private readonly grants: TokenGrants,
    private readonly devices: DeviceIds,
    private readonly announcer: Announcer,
    private readonly entropy: Entropy,
    private readonly options: ResolvedAuthOptions,
  ) {}

  async open(opening: SessionOpening, client: ClientContext): Promise<LoginResult | 'superseded'> {
    const { account, expected, transport, authTime, amr, asOfMs, deviceId, bound, actor } = opening;
    const { absoluteTtlMs = this.options.refreshToken.absoluteTtlMs } = opening;
    const sessionId = this.entropy.uuid();
    const { id: subject, tenant = client.tenant } = account;
    const claims = await this.claimsOf(opening, client);
    // signed before the session is opened: a claims hook that fails must leave nothing behind
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
      actor,
      absoluteExpiresAt: new Date(asOfMs + absoluteTtlMs),
      asOfMs,
    });
    const knownDevice = deviceId !== undefined;
    const opened = await this.sessions.open(
      { ...opening, sessionId, subject, knownDevice, tenant, claims, absoluteTtlMs },
      clientOf(client),
    );
    if (opened.kind === 'superseded') return 'superseded';

    await this.announcer.announce(opened);
    const grant = this.grants.grant(opened.session, access, opened.refreshToken);
    // the actor's device is none of the user's
    if (actor) return { user: account, grant };
    const deviceToken = this.devices.mint(subject, expected.epoch, deviceId);
    return { user: account, grant: { ...grant, deviceToken } };
  }

  /** The login hook's, and over them what the session was opened with; undefined for none. */
  private async claimsOf(
    { account, transport, persistent, amr, claims: given, actor }: SessionOpening,
    client: ClientContext,
  ): Promise<CustomClaims | undefined> {
    const { claims: hook } = this.options.sessions;
    if (!hook) return given;
    const { id: userId, role, permissions, tenant = client.tenant } = account;
    const { ip, userAgent } = client;
    const user = { userId, role, permissions, tenant, ...(actor && { actorId: actor.id }) };
    const answer = await hook({ ...user, transport, rememberMe: persistent, amr, ip, userAgent });
    return { ...this.grants.sessionClaims(answer), ...given };
  }
}
