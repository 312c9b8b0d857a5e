import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import type { SubjectState } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { type LinkData, MailedLinks } from '../accounts/mailed-links.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { Announcer } from '../sessions/announcer.service.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { ApiKeysFlow } from './api-keys.flow.js';
import { UserChangesFlow } from './user-changes.flow.js';

/** The mailbox of an account is proven for the first time, by somebody whose browser never signed in to it: whoever registered it may be somebody else, and keeps no way in. */
@Injectable()
export class ClaimAccountFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly users: UserDirectory,
    private readonly links: MailedLinks,
    private readonly hasher: PasswordHasher,
    private readonly changes: UserChangesFlow,
    private readonly apiKeys: ApiKeysFlow,
    private readonly announcer: Announcer,
    private readonly entropy: Entropy,
  ) {}

  /** What the counters of the user are afterwards, if nobody else moved them since `before`; undefined when the email is another by now. */
  async claim(userId: string, data: LinkData, before: SubjectState): Promise<SubjectState | undefined> {
    // nobody knows it; a reset gives the account another
    const hash = await this.hasher.hash(this.entropy.bytes(32).toString('base64url'));
    if (!(await this.links.liveLink(userId, data))) return undefined;
    await this.changes.change(userId, 'password', {
      work: async (tx) => {
        await this.methods.identities?.removeUnproven(userId, tx);
        await this.users.accounts?.setPasswordHash(userId, hash, tx);
      },
    });
    // no session is left that could add one
    await this.apiKeys.removeAll(userId);
    const { tokenVersion, epoch } = before;
    const ended = { tokenVersion: tokenVersion + 1, epoch: epoch + 1 };
    const state = await this.withoutFactors(userId, ended);
    // last of all: an account that is not proven is claimed again by the next link, whatever crashed before
    return state && (await this.users.accounts?.verifyEmail(userId, data.email)) ? state : undefined;
  }

  /** A stranger's passkey opens the account by itself, and a stranger's secret keeps its owner out. */
  private async withoutFactors(subject: string, ended: SubjectState): Promise<SubjectState | undefined> {
    const { store } = this.methods;
    let expected = ended;
    for (const { id } of (await store?.of(subject))?.all ?? []) {
      const outcome = await store?.change({ subject, expected, act: { kind: 'removed', id } });
      if (outcome?.kind !== 'changed') return undefined;
      await this.announcer.announce(outcome);
      expected = { ...expected, tokenVersion: expected.tokenVersion + 1 };
    }
    return expected;
  }
}
