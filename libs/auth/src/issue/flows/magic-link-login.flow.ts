import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { SubjectState } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { type LinkData, type LiveLink, MailedLinks } from '../accounts/mailed-links.service.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { Identifiers } from '../users/identifiers.service.js';
import { DeviceIds } from '../users/device-id.js';
import { ClaimAccountFlow } from './claim-account.flow.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';

export interface MagicLinkLoginInput {
  readonly token: string;
  readonly rememberMe?: boolean;
  readonly transport?: TokenDelivery;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

const KIND = 'magic_link';

/** A mailed token → session and tokens, `amr: ["mail"]`. The email counts as verified. */
@Injectable()
export class MagicLinkLoginFlow {
  constructor(
    private readonly identifiers: Identifiers,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly users: UserDirectory,
    private readonly devices: DeviceIds,
    private readonly claims: ClaimAccountFlow,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /** Throws `link_refused`. */
  async login(input: MagicLinkLoginInput, client: ClientContext): Promise<SignInResult> {
    const transport = this.signIn.transportOf(input.transport, client);
    const asOfMs = this.clock.now();
    await this.spareOfOthers(input.token, client);
    const spent = await this.tokens.redeem(KIND, input.token);
    if (!spent?.owner) throw this.links.refusal(KIND, 'no live token', client);
    // the state when the token was spent: whatever ends the sessions after that ends this sign-in
    const { subject, state: issued } = spent.owner;
    const link = await this.links.liveLink(subject, spent.data as LinkData);
    const isTheirs = link !== undefined && this.isOfTenant(link, client);
    const expected = isTheirs ? await this.proven(link, issued, input.device) : undefined;
    if (!link || !expected)
      throw this.links.refusal(KIND, 'the user is gone, disabled or has another email', client, subject);
    const { account } = link;
    const { ip } = client;
    this.events.publish({ type: 'link.used', kind: KIND, userId: account.id, ip });
    if (!account.emailVerified) this.events.publish({ type: 'email.verified', userId: account.id, ip });

    const standing = this.devices.verify(input.device, subject, issued.epoch);
    const deviceId = standing.kind === 'known' ? standing.id : undefined;
    const persistent = input.rememberMe ?? false;
    return this.signIn
      .complete(
        {
          ...{ account, expected, transport, persistent, asOfMs, deviceId },
          ...{ amr: ['mail'], device: input.device },
        },
        client,
      )
      .catch((error: unknown) => {
        const isSuperseded = error instanceof AuthError && error.reason === 'login_refused';
        throw isSuperseded ? new AuthError('link_refused', error.detail) : error;
      });
  }

  /** A link that was mailed to a user of another tenant is refused like a dead one, and not spent. */
  private async spareOfOthers(token: string, client: ClientContext): Promise<void> {
    if (!this.identifiers.hasTenants) return;
    const link = await this.links.read(KIND, token);
    if (link && !this.isOfTenant(link, client))
      throw this.links.refusal(KIND, 'the user is of another tenant', client, link.account.id);
  }

  private isOfTenant({ account, data }: LiveLink, { tenant }: ClientContext): boolean {
    // whoever moved meanwhile asks for another
    const isUnmoved = data.tenant === undefined || data.tenant === account.tenant;
    return isUnmoved && (!this.identifiers.hasTenants || account.tenant === tenant);
  }

  /**
   * Marks the email as verified, and returns the user's token version and epoch after it. Undefined where the user has
   * another email by now.
   */
  private async proven(
    { account, data }: LiveLink,
    issued: SubjectState,
    device: string | undefined,
  ): Promise<SubjectState | undefined> {
    const { id } = account;
    if (this.claims.isDue(account, device, issued.epoch)) return this.claims.claim(id, data, issued);
    // before the email is marked, so that a crash leaves none behind
    if (!account.emailVerified) await this.claims.forgetting(id, (forget) => forget());
    return (await this.users.accounts?.verifyEmail(id, data.email)) ? issued : undefined;
  }
}
