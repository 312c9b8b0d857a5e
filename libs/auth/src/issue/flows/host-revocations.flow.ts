import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ActedBy } from '../../storage/store-change.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { type ForeignRevocation, RevocationService } from '../sessions/revocation.service.js';

/** What the host revokes by its id: a token, a session, a key. */
@Injectable()
export class HostRevocationsFlow {
  constructor(
    private readonly revocations: RevocationService,
    private readonly store: SessionStore,
    private readonly announcer: Announcer,
    private readonly verifier: AccessTokenVerifier,
  ) {}

  token(given: string, expiresAt: number, by?: ActedBy): Promise<void> {
    return this.revocations.revokeToken(given, expiresAt, by);
  }

  foreign(of: ForeignRevocation, by?: ActedBy): Promise<void> {
    return this.revocations.revokeForeign(of, by);
  }

  async session(given: string, { actorId }: ActedBy): Promise<'ended' | 'not_found'> {
    const ended = await this.store.endOne(given, 'ended_by_host', { actorId });
    if (!ended) return 'not_found';
    await this.announcer.announce(ended);
    return 'ended';
  }

  /** Throws `key_not_found`. */
  async key(keyId: string, by?: ActedBy): Promise<void> {
    if (!this.verifier.knowsKey(keyId))
      throw new AuthError('key_not_found', 'this process knows no key of that kid');
    await this.revocations.revokeKey(keyId, by);
  }
}
