import { Injectable } from '@nestjs/common';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { SessionStore } from '../../storage/session-store.port.js';
import type { StoreChange } from '../../storage/store-change.js';
import type { SubjectState } from '../../storage/subject.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import { type LinkData, MailedLinks } from '../accounts/mailed-links.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { Announcer } from '../sessions/announcer.service.js';
import { DeviceIds } from '../users/device-id.js';
import { NewPasswords } from '../users/new-passwords.service.js';
import { together, type Work } from '../sessions/work-together.js';

/** Removes in the given transaction, or else in one of its own. */
type Forget = (tx?: HostTransaction) => Promise<void>;

/**
 * Called when the email of an account is verified for the first time, from a browser that never signed in to it. A
 * stranger may have registered the account, so every credential that the stranger could use is removed.
 */
@Injectable()
export class ClaimAccountFlow {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly methods: FactorMethods,
    private readonly users: UserDirectory,
    private readonly links: MailedLinks,
    private readonly devices: DeviceIds,
    private readonly newPasswords: NewPasswords,
    private readonly sessions: SessionStore,
    private readonly announcer: Announcer,
  ) {}

  /** `device`: the signed device id that came along; `epoch`: the user's epoch, as read with the link. */
  isDue({ id, emailVerified }: UserAccount, device: string | undefined, epoch: number): boolean {
    if (emailVerified || this.options.accounts?.unprovenAccount !== 'end') return false;
    return this.devices.knownId(device, id, epoch) === undefined;
  }

  /**
   * The user's token version and epoch afterwards, if nobody else changed them since `before`; undefined where the user
   * has another email by now. `spend` is called first in the transaction: of two uses of one link, the second must not
   * end the session of the first.
   */
  async claim(
    userId: string,
    data: LinkData,
    before: SubjectState,
    spend: Work,
  ): Promise<SubjectState | undefined> {
    const hash = await this.newPasswords.hashOfNobody();
    if (!(await this.links.liveLink(userId, data))) return undefined;
    await this.forgetting(userId, (forget) =>
      this.endWaysIn(userId, async (tx) => {
        await spend(tx);
        await forget(tx);
        await this.users.accounts?.setPasswordHash(userId, hash, tx);
      }),
    );
    // last: if the process dies before, the account is still unverified and the next link claims it again
    if (!(await this.users.accounts?.verifyEmail(userId, data.email))) return undefined;
    return { tokenVersion: before.tokenVersion + 1, epoch: before.epoch + 1 };
  }

  /**
   * Sessions, factors and API keys end in one transaction with `work`, which sets another password. In two
   * transactions, a passkey could sign in between them and open a session that stays.
   */
  async endWaysIn(userId: string, work: Work): Promise<void> {
    const ended = await together(work, (given) =>
      this.sessions.endAll(userId, 'account_claimed', { work: given }),
    );
    await this.announcer.announce(ended);
  }

  /**
   * Whoever linked an identity before the email was verified may be somebody else: `forget` removes those in the
   * transaction of `change`, and they are told of after it.
   */
  async forgetting(userId: string, change: (forget: Forget) => Promise<void>): Promise<void> {
    const forgotten: StoreChange[] = [];
    await change(async (tx) => {
      const done = await this.methods.identities?.removeUnproven(userId, tx);
      // the transaction may be done more than once
      if (done) forgotten.splice(0, 1, done);
    });
    for (const each of forgotten) await this.announcer.announce(each);
  }
}
