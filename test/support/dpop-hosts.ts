import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { expect } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  type Principal,
  RequireBound,
} from '@tokenward/nestjs';
import type { AuthAlert, AuthEvent } from '@tokenward/nestjs/observe';
import { redisConnection } from '@tokenward/nestjs/redis';
import { ProofReplays, type ProofUse } from '@tokenward/nestjs/storage';
import { Redis } from 'ioredis';
import type { DpopClient } from './dpop-client.js';
import { hostDatabase, type HostApp, hostOptions, startHost } from './host-app.js';
import type { HttpAnswer } from './http.js';
import { privateRedis } from './private-servers.js';
import { AUTHENTICATION_FAILED } from './stage.js';

export const USER = { email: 'ada@example.com', password: 'a long enough passphrase' };
export const BEARER = { ...USER, transport: 'bearer' };
export const ALGS = 'algs="ES256 ES384 RS256 PS256"';

export interface Grant {
  readonly tokenType: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

@Controller()
@UseGuards(JwtAuthGuard)
export class Things {
  @Get('thing')
  thing(@CurrentUser() { id, bound }: Principal) {
    return { id, bound: bound ?? null };
  }

  // a second Tokenward guard before one handler checks the same proof
  @UseGuards(JwtAuthGuard)
  @Post('thing')
  make(@CurrentUser('id') id: string) {
    return { id };
  }

  @RequireBound()
  @Get('bound')
  bound() {
    return { ok: true };
  }
}

/** Hosts in this process, on their own database and Redis. */
export async function dpopHosts() {
  const [database, redis] = await Promise.all([hostDatabase(), privateRedis()]);
  const clients: Redis[] = [];
  const running: HostApp[] = [];
  return {
    database,
    redis,
    clients,
    connect() {
      const client = new Redis(redis.url, { retryStrategy: () => 20 });
      client.on('error', () => undefined);
      clients.push(client);
      return redisConnection(client);
    },
    async host(changes: Partial<AuthModuleOptions> = {}, adapter?: 'express' | 'fastify') {
      const [events, alerts]: [AuthEvent[], AuthAlert[]] = [[], []];
      const options = hostOptions(database, {
        onEvent: (event) => void events.push(event),
        onAlert: (alert) => void alerts.push(alert),
        ...changes,
      });
      @Module({
        imports: [AuthModule.forRoot({ ...options, isGlobal: true })],
        controllers: [Things],
      })
      class HostModule {}
      const started = await startHost(HostModule, adapter);
      running.push(started);
      return { ...started, events, alerts };
    },
    async close() {
      await Promise.all(running.map((each) => each.close()));
      for (const client of clients) client.disconnect();
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

export type DpopHosts = Awaited<ReturnType<typeof dpopHosts>>;
export type DpopHost = Awaited<ReturnType<DpopHosts['host']>>;

export async function signIn(client: DpopClient, { url }: Pick<HostApp, 'url'>): Promise<Grant> {
  const answer = await client.call('POST', `${url}/auth/login`, { json: BEARER });
  expect(answer.status).toBe(200);
  return answer.json<Grant & Record<string, unknown>>();
}

export function expectRefused(answer: HttpAnswer, error: string): void {
  expect([answer.status, answer.text]).toEqual([401, AUTHENTICATION_FAILED]);
  expect(answer.headers['www-authenticate']).toBe(`DPoP error="${error}", ${ALGS}`);
}

export const refresh = (
  client: DpopClient,
  { url }: Pick<HostApp, 'url'>,
  refreshToken: string,
  call = {},
) => client.call('POST', `${url}/auth/refresh`, { json: { refreshToken }, ...call });

/** Records the calls of a store that remembers no proofs. */
export class NotedUses extends ProofReplays {
  readonly uses: ProofUse[] = [];

  override use(use: ProofUse) {
    this.uses.push(use);
    return Promise.resolve({ kind: 'first' } as const);
  }

  override forget(): void {
    // it stores nothing
  }
}
