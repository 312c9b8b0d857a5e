import { AuthError } from '../common/auth-error.js';
import { SystemClock } from '../common/clock.js';
import { SystemEntropy } from '../common/entropy.js';
import type { RevocationFeedBus } from '../storage/revocation-feed.port.js';
import type { ProofReplays } from '../storage/proof-replays.port.js';
import type { ThrottleStore } from '../storage/throttle-store.port.js';
import { type HostClient, isIoredis } from './own-client.js';
import { RedisProofReplays } from './redis-proof-replays.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';
import { RedisThrottleStore } from './redis-throttle.store.js';

export interface RedisConnectionOptions {
  /** Deadline of one command of the revocation feed, in milliseconds. Default 200. */
  readonly deadlineMs?: number;
}

export interface RedisConnection {
  readonly feed: RevocationFeedBus;
  readonly throttle: ThrottleStore;
  readonly replays: ProofReplays;
  /** The host's own client. */
  readonly client: HostClient;
  /** Closes the connections that Tokenward opened, never the host's client. */
  close(): Promise<void>;
}

/**
 * Makes the Redis option of `AuthModule.forRoot({ redis })`. The client may be a single ioredis client, one through
 * Sentinel or one on Cluster. Its address, credentials, TLS and key prefix are used.
 */
export function redisConnection(
  client: HostClient,
  options: RedisConnectionOptions = {},
): RedisConnection {
  // callers without TypeScript may pass anything
  if (!isIoredis(client))
    throw AuthError.configuration(
      'redisConnection',
      'needs a client of ioredis; write redisConnection(new Redis(url)) with Redis from ioredis, or pass its Cluster',
    );
  const clock = new SystemClock();
  const feed = new RedisRevocationFeedBus(client, clock, options);
  return {
    feed,
    throttle: new RedisThrottleStore(client, clock),
    replays: new RedisProofReplays(client, clock, new SystemEntropy(), options.deadlineMs),
    client,
    close: () => {
      feed.close();
      return Promise.resolve();
    },
  };
}
