import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { SpentAlongside } from '../../storage/one-time-token-store.port.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import type { SubjectState } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { type LiveLink, MailedLinks } from '../accounts/mailed-links.service.js';
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
    private readonly users: UserDirectory,
    private readonly devices: DeviceIds,
    private readonly claims: ClaimAccountFlow,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws `link_refused`. After any other failure the link is still unused, and can be tried again; except where the
   * database fails between a claim and the session.
   */
  async login(input: MagicLinkLoginInput, client: ClientContext): Promise<SignInResult> {
    const transport = this.signIn.transportOf(input.transport, client);
    const asOfMs = this.clock.now();
    // whatever ends the user's sessions after this ends this sign-in
    const link = await this.links.read(KIND, input.token);
    if (!link) throw this.links.refusal(KIND, 'no live token', client);
    const { account, data, state: issued } = link;
    const { id: subject } = account;
    const refused = (detail: string) => this.links.refusal(KIND, detail, client, subject);
    if (!this.isOfTenant(link, client)) throw refused('the user is of another tenant');
    await this.signIn.admit(account, client);
    const spend = async (tx?: HostTransaction, locks?: SpentAlongside['locks']): Promise<void> => {
      if (!(await this.links.spend(KIND, input.token, { tx, locks })))
        throw refused('spent or dead by now');
    };
    const step = {
      account,
      expected: issued,
      transport,
      persistent: input.rememberMe ?? false,
      asOfMs,
      deviceId: this.devices.knownId(input.device, subject, issued.epoch),
      amr: ['mail'],
      device: input.device,
    };
    const isClaim = this.claims.isDue(account, input.device, issued.epoch);
    // before the claim, which spends the link and ends the sessions
    if (isClaim) await this.signIn.rehearse(step, client);
    const expected = isClaim
      ? await this.claims.claim(subject, data, issued, (tx) => spend(tx, 'owner_first'))
      : await this.proven(link, issued);
    if (!expected) throw refused('the user has another email by now');
    const { ip, tenant } = client;
    if (!account.emailVerified)
      this.events.publish({ type: 'email.verified', userId: subject, ip, tenant });

    const result = await this.signIn
      .completeAdmitted({ ...step, expected, spend: isClaim ? undefined : spend }, client)
      .catch((error: unknown) => {
        const isSuperseded = error instanceof AuthError && error.reason === 'login_refused';
        throw isSuperseded ? new AuthError('link_refused', error.detail) : error;
      });
    this.events.publish({ type: 'link.used', kind: KIND, userId: subject, ip, tenant });
    return result;
  }

  private isOfTenant({ account, data }: LiveLink, { tenant }: ClientContext): boolean {
    // a user who moved to another tenant meanwhile needs a new link
    const isUnmoved = data.tenant === undefined || data.tenant === account.tenant;
    return isUnmoved && this.identifiers.canMeanUser(account, tenant);
  }

  /** Marks the email as verified. Undefined where the user has another email by now. */
  private async proven(
    { account, data }: LiveLink,
    issued: SubjectState,
  ): Promise<SubjectState | undefined> {
    const { id } = account;
    // before the email is marked, so that a crash leaves none behind
    if (!account.emailVerified) await this.claims.forgetting(id, (forget) => forget());
    return (await this.users.accounts?.verifyEmail(id, data.email)) ? issued : undefined;
  }
}
