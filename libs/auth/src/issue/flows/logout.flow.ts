import { Injectable } from '@nestjs/common';
import { SessionStore } from '../../storage/session-store.port.js';
import { LegacyLogout } from '../legacy/legacy-logout.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { SessionService } from '../sessions/session.service.js';
import { NamedSessions } from './named-sessions.service.js';

export interface LogoutInput {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

/** Ends every session that a presented token names. Throws `unavailable` if the end cannot be stored. */
@Injectable()
export class LogoutFlow {
  constructor(
    private readonly byAccessToken: NamedSessions,
    private readonly sessions: SessionService,
    private readonly store: SessionStore,
    private readonly announcer: Announcer,
    private readonly legacy?: LegacyLogout,
  ) {}

  async logout(input: LogoutInput): Promise<void> {
    await this.legacy?.end(input.accessTokens);
    for (const sessionId of await this.named(input)) {
      const ended = await this.store.endOne(sessionId, 'logout');
      if (ended) await this.announcer.announce(ended);
    }
  }

  private async named({ accessTokens, refreshTokens }: LogoutInput): Promise<ReadonlySet<string>> {
    const named = new Set(await this.byAccessToken.of(accessTokens));
    for (const token of refreshTokens) {
      const opened = this.sessions.inspect(token);
      if (opened.kind === 'genuine') named.add(opened.sessionId);
    }
    return named;
  }
}
