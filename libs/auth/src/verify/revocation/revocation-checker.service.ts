import { Injectable, Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { withDeadline } from '../../common/deadline.js';
import type { RevocableToken } from '../../storage/ledger-entry.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { instantOf } from './protocol/instant.js';
import type { RevocationView } from './protocol/revocation-view.js';
import { RevocationFeedBus, type FeedAnswer } from '../../storage/revocation-feed.port.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { RevocationSync } from './revocation-sync.service.js';

export type Verdict = 'live' | 'revoked';

export interface CheckOptions {
  /**
   * `strict`: the stores are asked whether the token was revoked, even if the view is fresh.
   * Default: `revocation.mode`.
   */
  readonly revocationMode?: 'strict';
}

/** How many checks were answered by each source. */
export interface CheckCounters {
  mirror: number;
  redis: number;
  postgres: number;
  /** Accepted without a proof (`unproven: 'redis'`). */
  unproven: number;
  /** Answered with 503. */
  refused: number;
}

/** `silent`: the feed is unbroken and does not refuse the token, but it is unproven; only with `unproven: 'redis'`. */
type RedisSays = 'revoked' | 'live' | 'silent' | 'broken';

/**
 * Decides whether a token was revoked. No I/O and no allocation while the view is fresh; otherwise
 * the stores are asked, in the contract's order.
 */
@Injectable()
export class RevocationChecker {
  readonly counters: CheckCounters = { mirror: 0, redis: 0, postgres: 0, unproven: 0, refused: 0 };
  private readonly logger = new Logger('Tokenward');
  private readonly view: RevocationView;
  protected readonly isStrict: boolean;
  private readonly maxStalenessMs: number;
  private unprovenSince: number | undefined;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    { view }: RevocationSync,
    private readonly ledger?: RevocationLedgerStore,
    private readonly feed?: RevocationFeedBus,
  ) {
    this.view = view;
    this.isStrict = options.revocation.mode === 'strict';
    this.maxStalenessMs = options.revocation.maxStalenessMs;
  }

  /** Rejects with `AuthError('unavailable')` if no store can tell. */
  check(token: RevocableToken, options?: CheckOptions): Verdict | Promise<Verdict> {
    if (this.view.mirror.refuses(token)) {
      this.counters.mirror++;
      return 'revoked';
    }
    const isStrict = this.isStrict || options?.revocationMode === 'strict';
    if (isStrict || !this.view.fresh(this.maxStalenessMs)) return this.ask(token);
    this.counters.mirror++;
    return 'live';
  }

  private async ask(token: RevocableToken): Promise<Verdict> {
    const redis = await this.askRedis(token);
    if (redis === 'revoked' || redis === 'live') {
      this.counters.redis++;
      return this.settled(redis);
    }
    const acceptable = redis === 'silent';
    let postgres = await this.askPostgres(token);
    if (postgres === undefined && acceptable && this.isOneLateAnswer())
      postgres = await this.askPostgres(token);
    if (postgres !== undefined) {
      this.counters.postgres++;
      return this.settled(postgres);
    }
    // A revocation may have arrived during the wait.
    if (this.view.mirror.refuses(token)) return 'revoked';
    if (acceptable) return this.acceptUnproven();
    this.counters.refused++;
    throw AuthError.unavailable('no store can tell whether the token was revoked');
  }

  private async askRedis(token: RevocableToken): Promise<RedisSays> {
    const sentAt = instantOf(this.clock);
    const answer = await this.lookUp(token, 'omit');
    if (!answer) return 'broken';
    if (answer.verdict === 'revoked') return 'revoked';
    if (this.view.answerAgeMs(sentAt, answer) <= this.maxStalenessMs) return 'live';
    if (this.options.revocation.unproven === 'refuse') return 'broken';
    const whole = await this.lookUp(token, 'include');
    if (whole?.verdict === 'revoked') return 'revoked';
    return whole && this.view.unbroken(whole) ? 'silent' : 'broken';
  }

  private async lookUp(
    token: RevocableToken,
    lineage: 'include' | 'omit',
  ): Promise<FeedAnswer | undefined> {
    const { ledger } = this.view;
    if (!this.feed || ledger === undefined) return undefined;
    try {
      const question = this.feed.lookup(ledger, token, { lineage });
      return await withDeadline(question, this.options.revocation.deadlineMs, 'redis lookup');
    } catch {
      return undefined;
    }
  }

  private async askPostgres(token: RevocableToken): Promise<Verdict | undefined> {
    if (!this.ledger) return undefined;
    try {
      const question = this.ledger.isRevoked(token);
      const revoked: unknown = await withDeadline(
        question,
        this.options.revocation.deadlineMs,
        'ledger question',
      );
      // a host's store that answers undefined must not count as “not revoked”
      if (typeof revoked !== 'boolean') throw AuthError.unavailable('isRevoked must say yes or no');
      this.view.availability.answered();
      return revoked ? 'revoked' : 'live';
    } catch {
      this.view.availability.failed();
      return undefined;
    }
  }

  /**
   * Whether PostgreSQL was not unreachable for long. Then the missing answer may be due to a pause
   * of this process, and is not a reason to accept.
   */
  private isOneLateAnswer(): boolean {
    return this.ledger !== undefined && this.view.availability.awayMs() < this.maxStalenessMs / 2;
  }

  private settled(verdict: Verdict): Verdict {
    if (this.unprovenSince !== undefined) {
      this.unprovenSince = undefined;
      this.logger.log('revocation checks are proven again');
    }
    return verdict;
  }

  private acceptUnproven(): Verdict {
    this.counters.unproven++;
    if (this.unprovenSince === undefined) {
      this.unprovenSince = this.clock.now();
      this.logger.warn(
        'Postgres is out of reach: accepting what an unbroken Redis does not refuse (revocation.unproven: "redis")',
      );
    }
    return 'live';
  }
}
