import { Injectable } from '@nestjs/common';
import { type OpenOutcome, SessionStore } from '../../storage/session-store.port.js';
import { ProviderLogouts, type ProviderSignIn } from '../oidc/provider-logouts.service.js';
import { Announcer } from './announcer.service.js';

/** Tells everybody of a session that was opened. */
@Injectable()
export class OpenedSessions {
  constructor(
    private readonly announcer: Announcer,
    private readonly logouts: ProviderLogouts,
    private readonly store: SessionStore,
  ) {}

  /** `provider`: the sign-in that identified the user. `ended`: the provider has reported its sign-out meanwhile. */
  async announce(
    opened: Extract<OpenOutcome, { kind: 'opened' }>,
    provider: ProviderSignIn | undefined,
  ): Promise<'live' | 'ended'> {
    await this.announcer.announce(opened);
    // checked after the session exists: of opening and logout, the second one always sees the first
    if (!provider || !(await this.logouts.hasEnded(provider))) return 'live';
    const ended = await this.store.endOne(opened.session.id, 'provider_logout');
    if (ended) await this.announcer.announce(ended);
    return 'ended';
  }
}
