import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { revocable } from '../revocable.js';
import type { RevocationChecker } from '../revocation/revocation-checker.service.js';
import { formerLegacyTokenId } from './legacy-tokens.js';

/** The counters of a user of whom nothing was ever revoked, and of a user without a row. */
const FIRST = 1;

export type Confirmation =
  | { readonly kind: 'confirmed'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly reason: string; readonly principal: Principal };

/**
 * An old token may live longer than every entry of the ledger, and may spell its user in any way. So the directory is
 * asked who the user is, and the database whether anything of the user was ever revoked.
 */
@Injectable()
export class LegacyCheck {
  constructor(
    private readonly revocations: RevocationChecker,
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
  ) {}

  /** `token`: the presented text; undefined if only its principal is known. Rejects with `unavailable`. */
  async confirm(given: Principal, token: string | undefined): Promise<Confirmation> {
    const account = (await this.users.findById(given.id))?.account;
    if (!account || account.disabled)
      return {
        kind: 'refused',
        reason: 'an old token whose user is disabled or gone',
        principal: given,
      };
    const principal = account.id === given.id ? given : Object.freeze({ ...given, id: account.id });
    const tokenId = token === undefined ? principal.tokenId : formerLegacyTokenId(token);
    const former = await this.revocations.check({ ...revocable(principal), tokenId });
    const { revoked, subject } = await this.sessions.readAuthority(revocable(principal));
    // the epoch: an old token belongs to no session, so that it is one of the others whenever those are signed out
    const wasRevoked = subject.tokenVersion > FIRST || subject.epoch > FIRST;
    if (former === 'revoked' || revoked || wasRevoked)
      return {
        kind: 'refused',
        reason: 'an old token that was revoked, or whose user was',
        principal,
      };
    return { kind: 'confirmed', principal };
  }
}
