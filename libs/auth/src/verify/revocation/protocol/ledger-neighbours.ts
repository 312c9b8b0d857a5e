import type { Logger } from '@nestjs/common';
import type { Clock } from '../../../common/clock.js';
import type { Keyring } from '../../keys/keyring.service.js';
import type { RevocationView } from './revocation-view.js';
import type { RevocationFeedBus } from '../../../storage/revocation-feed.port.js';

/** A third of the lifetime of an announcement. */
const EVERY_MS = 3_000;
/** An attacker who can write to Redis must not fill the log. */
const TOLD_AT_MOST = 20;
const CURE = 'give each application a Redis, a database number or a keyPrefix of its own';

/**
 * Finds out whose revocations are in this Redis. A process with a ledger announces it, together
 * with the keys that sign the tokens which it can revoke. A process without one (a service that
 * only verifies) follows the ledger of the keys that it verifies with: the keys identify the
 * issuer, even if several issuers have the same name.
 */
export class LedgerNeighbours {
  #doneAt = -Infinity;
  readonly #told = new Set<string>();

  constructor(
    private readonly view: RevocationView,
    private readonly feed: RevocationFeedBus,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly keyring: Keyring | undefined,
  ) {}

  /** Never rejects: the next call makes up for a failure. */
  async announce(): Promise<void> {
    const { ledger } = this.view;
    if (ledger === undefined || !this.due()) return;
    const signers = this.keyring?.thumbprints('signing') ?? [];
    const others = await this.feed.announce(ledger, signers).catch(() => []);
    if (others.length === 0) return;
    this.tell(
      `this Redis carries the revocations of another application too (ledger ${others.join(', ')}, own ${ledger}): neither proves nor ` +
        `refuses for the other, but the copies for other languages (user:version:<sub>) are mixed; ${CURE}`,
    );
  }

  /** Called before a ledger is followed, and repeated from time to time. Rejects if Redis does not answer. */
  async find(): Promise<void> {
    if (!this.due() && this.view.ledger !== undefined) return;
    const found = await this.feed.ledgersOf(this.keyring?.thumbprints('verifying') ?? []);
    // no announcement at present: the ledger followed so far is kept, and its heartbeats prove it
    if (found.length === 0) return;
    if (found.length === 1) {
      this.view.follow(found[0]);
      return;
    }
    this.view.follow(undefined);
    this.tell(
      `two ledgers (${[...found].sort().join(', ')}) are announced for the keys of this issuer, so that nobody can tell which one revokes its ` +
        `tokens: everything is answered 503; ${CURE}, or keys of its own`,
    );
  }

  /** Warns that a heartbeat of another ledger in our own feed was refused. */
  tellForeign(): void {
    const { foreign, ledger } = this.view;
    if (foreign === undefined) return;
    this.tell(
      `a heartbeat of another ledger (${foreign}, own ${String(ledger)}) was refused; ${CURE}`,
    );
  }

  private due(): boolean {
    const now = this.clock.monotonic();
    if (now - this.#doneAt < EVERY_MS) return false;
    this.#doneAt = now;
    return true;
  }

  private tell(text: string): void {
    if (this.#told.has(text) || this.#told.size >= TOLD_AT_MOST) return;
    this.#told.add(text);
    this.logger.warn(text);
  }
}
