import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { Principal } from '../../common/principal.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { revocable } from '../../verify/revocable.js';
import { RevocationChecker } from '../../verify/revocation/revocation-checker.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** Twice the greatest clock tolerance: no process accepts the token any more. */
const LAPSED_AFTER_MS = 600_000;

/** An old token has no session: a logout ends the one token. */
@Injectable()
export class LegacyLogout {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly checker: RevocationChecker,
    private readonly users: UserDirectory,
    private readonly revocations: RevocationService,
    private readonly clock: Clock,
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
    // presented again and again it would write a row each time; that of a lapsed token would have expired as it is
    // written
    if (this.clock.now() >= expiresAt * 1000 + LAPSED_AFTER_MS) return;
    if ((await this.checker.check(revocable(principal))) === 'revoked') return;
    const actorId = (await this.users.findById(id))?.account.id;
    await this.revocations.revokeToken(tokenId, expiresAt, { actorId });
  }
}
