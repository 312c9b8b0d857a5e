import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import { Announcer } from '../sessions/announcer.service.js';
import { RevocationService } from '../sessions/revocation.service.js';
import { RevocationChecker } from '../../verify/revocation/revocation-checker.service.js';
import { SessionService } from '../sessions/session.service.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { revocable } from '../../verify/revocable.js';
import { type Named, NamedSessions } from './named-sessions.service.js';

export interface LogoutInput {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

/** Ends every session that a presented token names; throws `unavailable` when that cannot be made durable. */
@Injectable()
export class LogoutFlow {
  constructor(
    private readonly byAccessToken: NamedSessions,
    private readonly sessions: SessionService,
    private readonly store: SessionStore,
    private readonly revocations: RevocationService,
    private readonly checker: RevocationChecker,
    private readonly users: UserDirectory,
    private readonly announcer: Announcer,
  ) {}

  async logout(input: LogoutInput): Promise<void> {
    const { sessionIds, legacy } = await this.named(input);
    // an old token has no session: it ends by itself alone
    for (const principal of legacy) await this.endLegacy(principal);
    for (const sessionId of sessionIds) {
      const ended = await this.store.endOne(sessionId, 'logout');
      if (ended) await this.announcer.announce(ended);
    }
  }

  private async endLegacy(principal: Principal): Promise<void> {
    const { tokenId, expiresAt, id } = principal;
    // presented again and again it would write a row each time
    if ((await this.checker.check(revocable(principal))) === 'revoked') return;
    const actorId = (await this.users.findById(id))?.account.id;
    await this.revocations.revokeToken(tokenId, expiresAt, { actorId });
  }

  private async named({ accessTokens, refreshTokens }: LogoutInput): Promise<Named> {
    const { sessionIds, legacy } = await this.byAccessToken.of(accessTokens);
    const named = new Set(sessionIds);
    for (const token of refreshTokens) {
      const opened = this.sessions.inspect(token);
      if (opened.kind === 'genuine') named.add(opened.sessionId);
    }
    return { sessionIds: named, legacy };
  }
}
