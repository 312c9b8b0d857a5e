import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import type { SubjectState } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { PasswordHasher } from '../users/password-hasher.service.js';
import { ApiKeysFlow } from './api-keys.flow.js';
import { UserChangesFlow } from './user-changes.flow.js';

/**
 * The mailbox of an account is proven for the first time, by somebody whose browser never signed in to it: whoever registered it may be somebody else, and
 * keeps no way in. Second factors stay, as at a reset: they let nobody in by themselves.
 */
@Injectable()
export class ClaimAccountFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly users: UserDirectory,
    private readonly hasher: PasswordHasher,
    private readonly changes: UserChangesFlow,
    private readonly apiKeys: ApiKeysFlow,
    private readonly entropy: Entropy,
  ) {}

  /** What the counters of the user are afterwards, if nothing else ended the sessions since `before`; undefined when the email is another by now. */
  async claim(userId: string, email: string, before: SubjectState): Promise<SubjectState | undefined> {
    // nobody knows it; a reset gives the account another
    const hash = await this.hasher.hash(this.entropy.bytes(32).toString('base64url'));
    // the keys go before the email counts as proven, so that a crash leaves none behind, and once more: a session that is over by then may have made one
    await this.apiKeys.removeAll(userId);
    let isTheirs = false;
    await this.changes.change(userId, 'password', {
      work: async (tx) => {
        isTheirs = (await this.users.accounts?.verifyEmail(userId, email, tx)) ?? false;
        await this.methods.identities?.removeUnproven(userId, tx);
        await this.users.accounts?.setPasswordHash(userId, hash, tx);
      },
    });
    await this.apiKeys.removeAll(userId);
    const { tokenVersion, epoch } = before;
    return isTheirs ? { tokenVersion: tokenVersion + 1, epoch: epoch + 1 } : undefined;
  }
}
