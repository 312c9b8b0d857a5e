import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AccountMailKind } from '../../options/account-mail.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type ThrottleBucket, ThrottleStore } from '../../storage/throttle-store.port.js';
import { waitOf } from '../users/throttle-decision.js';
import { ThrottleKeys } from '../users/throttle-keys.js';

const WINDOW_MS = 15 * 60_000;
const PER_ACCOUNT = 5;
const PER_ADDRESS = 20;
const ATTEMPT_ID_BYTES = 9;

/**
 * Limits the mails that anybody can cause (contract, section 8), those of links in the same way for accounts that do
 * not exist.
 */
@Injectable()
export class MailLimits {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly store: ThrottleStore,
    private readonly keys: ThrottleKeys,
    private readonly entropy: Entropy,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `throttled` for a network address that asked too often. */
  async admitAddress(kind: AccountMailKind, client: ClientContext): Promise<void> {
    const retryAfterSeconds = await this.take(kind, client, [
      { key: this.keys.of('mail+address', kind, networkOf(client.ip)), limit: PER_ADDRESS },
    ]);
    if (retryAfterSeconds === undefined) return;
    throw new AuthError('throttled', 'too many mails were asked for', { retryAfterSeconds });
  }

  /**
   * Whether one more mail may go to these accounts (`accountKey`). The request itself is not refused: that would let a
   * stranger lock the owner out.
   */
  async admitAccount(
    kind: AccountMailKind,
    client: ClientContext,
    ...accounts: readonly string[]
  ): Promise<boolean> {
    const buckets = accounts.map((name) => ({
      key: this.keys.of('mail+account', kind, client.tenant ?? '', name),
      limit: PER_ACCOUNT,
    }));
    return (await this.take(kind, client, buckets)) === undefined;
  }

  /** How many seconds to wait; undefined where the mail is within the limits. */
  private async take(
    kind: AccountMailKind,
    { ip, tenant }: ClientContext,
    buckets: readonly ThrottleBucket[],
  ): Promise<number | undefined> {
    if (this.options.throttle === false) return undefined;
    const id = this.entropy.bytes(ATTEMPT_ID_BYTES).toString('base64url');
    const wait = waitOf(await this.store.take({ id, buckets, windowMs: WINDOW_MS }));
    if (wait !== undefined) this.events.publish({ type: 'mail.throttled', kind, ip, tenant });
    return wait;
  }
}
