/** `@tokenward/nestjs/redis`: everything that Tokenward does in Redis. */
export {
  redisConnection,
  type RedisConnection,
  type RedisConnectionOptions,
} from './redis-connection.js';
export { RedisRevocationFeedBus, type RedisFeedOptions } from './redis-revocation-feed.bus.js';
export { RedisThrottleStore, type RedisThrottleOptions } from './redis-throttle.store.js';
