import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type Alongside, SessionStore } from '../../storage/session-store.port.js';
import type { SubjectState } from '../../storage/subject.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { type LinkData, MailedLinks } from '../accounts/mailed-links.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { Announcer } from '../sessions/announcer.service.js';
import { DeviceIds } from '../users/device-id.js';
import { PasswordHasher } from '../users/password-hasher.service.js';

/** The mailbox of an account is proven for the first time, by somebody whose browser never signed in to it: whoever registered it may be somebody else, and keeps no way in. */
@Injectable()
export class ClaimAccountFlow {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly methods: FactorMethods,
    private readonly users: UserDirectory,
    private readonly links: MailedLinks,
    private readonly devices: DeviceIds,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionStore,
    private readonly announcer: Announcer,
    private readonly entropy: Entropy,
  ) {}

  /** `device`: the signed device id that came along; `epoch`: the user's, as read with the link. */
  isDue({ id, emailVerified }: UserAccount, device: string | undefined, epoch: number): boolean {
    if (emailVerified || this.options.accounts?.unprovenAccount !== 'end') return false;
    return this.devices.verify(device, id, epoch).kind === 'unknown';
  }

  /** What the counters of the user are afterwards, if nobody else moved them since `before`; undefined when the email is another by now. */
  async claim(userId: string, data: LinkData, before: SubjectState): Promise<SubjectState | undefined> {
    // nobody knows it; a reset gives the account another
    const hash = await this.hasher.hash(this.entropy.bytes(32).toString('base64url'));
    if (!(await this.links.liveLink(userId, data))) return undefined;
    await this.endWaysIn(userId, async (tx) => {
      await this.methods.identities?.removeUnproven(userId, tx);
      await this.users.accounts?.setPasswordHash(userId, hash, tx);
    });
    // last of all: an account that is not proven is claimed again by the next link, whatever crashed before
    if (!(await this.users.accounts?.verifyEmail(userId, data.email))) return undefined;
    return { tokenVersion: before.tokenVersion + 1, epoch: before.epoch + 1 };
  }

  /**
   * Sessions, factors and API keys end in one transaction with `work`, which sets another password: a passkey that signed in between two steps would open a
   * session that stays.
   */
  async endWaysIn(userId: string, work: NonNullable<Alongside['work']>): Promise<void> {
    await this.announcer.announce(await this.sessions.endAll(userId, 'account_claimed', { work }));
  }
}
