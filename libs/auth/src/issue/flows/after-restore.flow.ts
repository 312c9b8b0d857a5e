import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { ActedBy } from '../../storage/store-change.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { KeyRotation } from '../keys/key-rotation.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** After a restore from a backup: ends every session, and revokes the keys that were in the backup. */
@Injectable()
export class AfterRestoreFlow {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly store: SessionStore,
    private readonly announcer: Announcer,
    private readonly revocations: RevocationService,
    private readonly keys: KeyRotation,
  ) {}

  /** Throws `key_not_found` if `keepKeys` names a key that the source does not hold. */
  async afterRestore(keepKeys: readonly string[], by: ActedBy): Promise<void> {
    const held = this.keys.keptKeys();
    if (keepKeys.some((kid) => !held.includes(kid)))
      throw new AuthError(
        'key_not_found',
        'keepKeys names a key that the key source does not hold',
      );
    const toleranceMs = this.options.accessToken.clockToleranceSeconds * 1000;
    await this.announcer.announce(await this.store.endEverything(by, toleranceMs));
    for (const keyId of held)
      if (!keepKeys.includes(keyId)) await this.revocations.revokeKey(keyId, by);
    // nobody can sign in before there is one
    if (held.length > keepKeys.length) await this.keys.refresh();
  }
}
