import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtAuthGuard, ResourceServerModule } from '@tokenward/nestjs/verify';
import { redisConnection } from '@tokenward/nestjs/redis';
import { Redis } from 'ioredis';
import type { OrdersConfig } from './config.js';
import { FOLLOWS_REVOCATIONS, HealthController } from './health.controller.js';
import { OrdersController } from './orders.controller.js';

const REDIS = Symbol('REDIS');

@Module({})
class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | undefined) {}

  static register(url: string | undefined): DynamicModule {
    return {
      module: RedisModule,
      providers: [{ provide: REDIS, useFactory: () => url && open(url) }],
      exports: [REDIS],
    };
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}

/** A service that only verifies: every route needs an access token unless it says `@Public()`. */
@Module({})
export class AppModule {
  static register(config: OrdersConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ResourceServerModule.forRootAsync({
          isGlobal: true,
          imports: [RedisModule.register(config.redisUrl)],
          inject: [REDIS],
          useFactory: (redis: Redis | undefined) => ({
            issuer: config.issuer,
            audience: config.audiences,
            jwks: {
              url: config.jwksUrl,
              algorithms: config.algorithms,
              refreshEvery: config.jwksRefresh,
              coolDown: config.jwksCoolDown,
            },
            cookies: { prefix: config.cookiePrefix },
            redis: redis && redisConnection(redis),
            revocation: { unproven: config.revocationUnproven },
          }),
        }),
      ],
      controllers: [OrdersController, HealthController],
      providers: [
        { provide: APP_GUARD, useClass: JwtAuthGuard },
        { provide: FOLLOWS_REVOCATIONS, useValue: config.redisUrl !== undefined },
      ],
    };
  }
}

function open(url: string): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    connectTimeout: 1_000,
  });
  // every failure rejects its command; without a listener the event would end the process
  redis.on('error', () => undefined);
  return redis;
}
