import { Logger } from '@nestjs/common';
import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../common/clock.js';
import { withDeadline } from '../common/deadline.js';
import { group, whole } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { MemoryThrottleStore } from '../storage/memory-throttle.store.js';
import {
  type ThrottleAttempt,
  type ThrottleDecision,
  ThrottleStore,
} from '../storage/throttle-store.port.js';
import { missingRight } from './missing-rights.js';
import { GIVE_BACK_SCRIPT, TAKE_SCRIPT } from './throttle-scripts.js';

export interface RedisThrottleOptions {
  /** How long one login may wait for Redis, in milliseconds. Default 150. */
  readonly deadlineMs?: number;
  /**
   * After a failure this process counts in memory for this long before it asks Redis again, in
   * milliseconds. Default 1,000.
   */
  readonly pauseMs?: number;
}

export const throttleSchema = group({
  deadlineMs: whole(1, 60_000).prefault(150),
  pauseMs: whole(0, 60_000).prefault(1_000),
});

/**
 * One hash tag, so that all buckets of a try are counted in one step on Cluster, too. There are few
 * enough logins for one slot.
 */
const TAG = '{tokenward:throttle}:';
const ALLOWED: ThrottleDecision = { kind: 'allowed' };

/**
 * Counts in Redis, shared by all processes, and also in the memory of this process. While Redis is
 * away only the memory decides, and its counts remain when Redis is back (or was flushed). So one
 * process never allows more than the limit within a window. N processes allow at most N times the
 * limit, and only while Redis is away. Tokenward only sends commands through the host's client.
 */
export class RedisThrottleStore extends ThrottleStore {
  readonly #logger = new Logger('Tokenward');
  readonly #memory: MemoryThrottleStore;
  readonly #deadlineMs: number;
  readonly #pauseMs: number;
  #askAgainAt = 0;
  #away = false;

  constructor(
    private readonly redis: Redis | Cluster,
    private readonly clock: Clock,
    options: RedisThrottleOptions = {},
  ) {
    super();
    this.#memory = new MemoryThrottleStore(clock);
    const of = 'RedisThrottleStore';
    const { deadlineMs, pauseMs } = readOptions(throttleSchema, options, { of, prefix: of });
    this.#deadlineMs = deadlineMs;
    this.#pauseMs = pauseMs;
  }

  override async take(attempt: ThrottleAttempt): Promise<ThrottleDecision> {
    const own = await this.#memory.take(attempt);
    if (own.kind === 'refused') return own;
    const waitMs = await this.takeShared(attempt);
    if (waitMs === 'away' || waitMs <= 0) return ALLOWED;
    await this.#memory.giveBack(attempt);
    return {
      kind: 'refused',
      retryAfterSeconds: Math.ceil(Math.min(waitMs, attempt.windowMs) / 1000),
    };
  }

  override async giveBack(attempt: ThrottleAttempt): Promise<void> {
    await this.#memory.giveBack(attempt);
    if (!this.reachable()) return;
    // also during a pause: a take whose answer came too late may have been counted, and this
    // follows it on the same connection
    const given = this.run(GIVE_BACK_SCRIPT, attempt, [attempt.id]).catch(() => undefined);
    if (!this.pausing()) await given;
  }

  /** Milliseconds to wait, 0 if counted; `away` if Redis did not answer. */
  private async takeShared(attempt: ThrottleAttempt): Promise<number | 'away'> {
    if (this.pausing()) return 'away';
    if (!this.reachable()) return this.lost(reasonOf(new Error('no connection')));
    const limits = attempt.buckets.map((bucket) => bucket.limit);
    try {
      const waitMs = Number(
        await this.run(TAKE_SCRIPT, attempt, [attempt.id, attempt.windowMs, ...limits]),
      );
      if (Number.isNaN(waitMs))
        return this.lost(reasonOf(new Error('an answer that is not a number')));
      this.found();
      return waitMs;
    } catch (error) {
      return this.lost(missingRight(error) ?? reasonOf(error));
    }
  }

  private run(
    script: string,
    attempt: ThrottleAttempt,
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const keys = attempt.buckets.map((bucket) => TAG + bucket.key);
    const answer = this.redis.eval(script, keys.length, ...keys, ...args);
    return withDeadline(answer, this.#deadlineMs, 'redis throttle');
  }

  /** ioredis would queue commands while it is disconnected. A lazy client (`wait`) connects at the first one. */
  private reachable(): boolean {
    return this.redis.status === 'ready' || this.redis.status === 'wait';
  }

  private pausing(): boolean {
    return this.#away && this.clock.monotonic() < this.#askAgainAt;
  }

  private lost(reason: string): 'away' {
    if (!this.#away) this.#logger.warn(`Login throttling counts in this process alone: ${reason}`);
    this.#away = true;
    this.#askAgainAt = this.clock.monotonic() + this.#pauseMs;
    return 'away';
  }

  private found(): void {
    if (this.#away) this.#logger.log('Login throttling is shared again: Redis is back');
    this.#away = false;
  }
}

function reasonOf(error: unknown): string {
  return `Redis cannot be reached (${error instanceof Error ? error.message : 'unknown error'})`;
}
