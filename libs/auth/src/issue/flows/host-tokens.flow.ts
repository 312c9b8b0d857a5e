import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Duration } from '../../common/duration.js';
import { duration, group, text } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { UserResolver } from '../users/user-resolver.service.js';

export interface RedeemedToken {
  /** The user that it was issued for. */
  readonly userId: string;
  /** The data that was given with it, after a round trip through JSON. */
  readonly data: Readonly<Record<string, unknown>>;
}

const hostTokenSchema = group({
  kind: text('a name of 1 to 64 letters, digits and . _ : -', /^[\w.:-]{1,64}$/),
  ttl: duration('1s', '365d'),
});

/**
 * One-time tokens of the host. Their kinds are separate from Tokenward's own, so that none is accepted as a mailed
 * link.
 */
@Injectable()
export class HostTokensFlow {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly resolver: UserResolver,
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
  ) {}

  /** Throws `user_not_found` for an unknown user, `configuration_invalid` for an invalid kind or lifetime. */
  async issue(
    kind: string,
    userId: string,
    ttl: Duration,
    data: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const of = 'issueOneTimeToken';
    const given = readOptions(hostTokenSchema, { kind, ttl }, { of, prefix: of });
    const subject = await this.resolver.idOf(userId);
    const { epoch } = await this.sessions.readSubject(subject);
    const owner = { subject, epoch, diesWith: 'credentials', atMost: 1 } as const;
    const token = await this.tokens.issue({
      kind: kindOf(given.kind),
      owner,
      data,
      ttlMs: given.ttl,
    });
    if (token === undefined)
      throw AuthError.unavailable('the sessions of the user were ended meanwhile; try again');
    return token;
  }

  async redeem(kind: string, token: string): Promise<RedeemedToken> {
    const of = kindOf(kind);
    const owner = (await this.tokens.read(of, token))?.owner;
    if (!owner) throw new AuthError('link_refused', 'no live token of that kind');
    const account = (await this.users.findById(owner.subject))?.account;
    if (!account || account.disabled)
      throw new AuthError('link_refused', 'the user is gone or disabled');
    // spent last: an outage on the way must not burn it
    const redeemed = await this.tokens.redeem(of, token);
    if (!redeemed) throw new AuthError('link_refused', 'spent or dead by now');
    return { userId: account.id, data: redeemed.data };
  }
}

function kindOf(kind: string): string {
  return `host:${kind}`;
}
