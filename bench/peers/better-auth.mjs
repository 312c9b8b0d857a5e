// better-auth as a Nest guard: its session on every request, from Postgres, from its signed cookie cache (5 minutes),
// or from Redis.
import { randomBytes, randomUUID } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { Redis } from 'ioredis';
import pg from 'pg';
import { hostOf, injectable, listen } from '../support/nest.mjs';

export async function serve(adapter, { databaseUrl, redisUrl, variant }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  const redis = variant === 'redis' ? new Redis(redisUrl) : undefined;
  const options = {
    baseURL: 'http://127.0.0.1',
    secret: randomBytes(32).toString('hex'),
    database: pool,
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    ...(variant === 'cookie-cache' && { session: { cookieCache: { enabled: true, maxAge: 300 } } }),
    ...(redis && { secondaryStorage: secondaryStorage(redis) }),
  };
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  class BetterAuthGuard {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const session = await auth.api.getSession({
        headers: new Headers({ cookie: request.headers.cookie }),
      });
      if (!session) throw new UnauthorizedException();
      request.user = session.user;
      return true;
    }
  }
  const { app, url } = await listen(hostOf({ guard: injectable(BetterAuthGuard) }), adapter);
  const { headers } = await auth.api.signUpEmail({
    body: { name: 'Bench', email: `${randomUUID()}@example.com`, password: randomUUID() },
    returnHeaders: true,
  });
  const cookie = headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const stop = async () => {
    await app.close();
    redis?.disconnect();
    await pool.end();
  };
  return { url, headers: { cookie }, stop };
}

function secondaryStorage(redis) {
  return {
    get: (key) => redis.get(`better-auth:${key}`),
    set: (key, value, ttl) =>
      ttl
        ? redis.set(`better-auth:${key}`, value, 'EX', ttl)
        : redis.set(`better-auth:${key}`, value),
    delete: (key) => redis.del(`better-auth:${key}`),
  };
}
