import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { revocable } from '../../verify/revocable.js';
import { RevocationChecker } from '../../verify/revocation/revocation-checker.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** An old token has no session: a logout ends the one token. */
@Injectable()
export class LegacyLogout {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly checker: RevocationChecker,
    private readonly users: UserDirectory,
    private readonly revocations: RevocationService,
  ) {}

  /** Our own tokens among them are left alone. Rejects with `unavailable`. */
  async end(accessTokens: readonly string[]): Promise<void> {
    for (const token of accessTokens) {
      const outcome = await this.verifier.verifyAny(token, { expiry: 'ignored' });
      if (outcome.kind === 'accepted' && outcome.principal.legacy !== undefined)
        await this.endOne(outcome.principal);
    }
  }

  private async endOne(principal: Principal): Promise<void> {
    const { tokenId, expiresAt, id } = principal;
    // presented again and again it would write a row each time
    if ((await this.checker.check(revocable(principal))) === 'revoked') return;
    const actorId = (await this.users.findById(id))?.account.id;
    await this.revocations.revokeToken(tokenId, expiresAt, { actorId });
  }
}
