// @nestjs/passport with passport-jwt, a KeyObject; `plain` trusts the claims, `sequential` and `parallel` are the guides' strategy:
// the user by Drizzle from Postgres and the denylist from Redis, in validate(), on every request.
import { createPublicKey, randomUUID } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { Redis } from 'ioredis';
import passportJwt from 'passport-jwt';
import pg from 'pg';
import { hostOf, injectable, listen } from '../support/nest.mjs';
import { accessToken } from '../support/tokens.mjs';

const users = pgTable('guide_users', {
  id: uuid('id').primaryKey(),
  email: text('email').notNull(),
  role: text('role').notNull(),
  tokenVersion: integer('token_version').notNull(),
  disabled: boolean('disabled').notNull(),
});

async function guidesStores({ databaseUrl, redisUrl }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  const redis = new Redis(redisUrl);
  await pool.query(
    'create table if not exists guide_users (id uuid primary key, email text not null, role text not null, token_version int not null, disabled boolean not null)',
  );
  const id = randomUUID();
  await pool.query(`insert into guide_users values ($1, 'a@example.com', 'user', 1, false)`, [id]);
  const db = drizzle(pool);
  const findUser = async (sub) =>
    (await db.select().from(users).where(eq(users.id, sub)).limit(1))[0];
  const stop = async () => {
    redis.disconnect();
    await pool.end();
  };
  return { id, findUser, denied: (jti) => redis.get(`token:revoked:${jti}`), stop };
}

export async function serve(adapter, { keys, variant, ...servers }) {
  const stores = variant === 'plain' ? undefined : await guidesStores(servers);
  class JwtStrategy extends PassportStrategy(passportJwt.Strategy) {
    constructor() {
      super({
        jwtFromRequest: passportJwt.ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: createPublicKey(keys.publicPem),
        algorithms: ['RS256'],
      });
    }

    async validate(payload) {
      if (!stores) return { id: payload.sub, role: payload.role };
      if (variant === 'sequential' && (await stores.denied(payload.jti)))
        throw new UnauthorizedException();
      const [user, denied] =
        variant === 'sequential'
          ? [await stores.findUser(payload.sub)]
          : await Promise.all([stores.findUser(payload.sub), stores.denied(payload.jti)]);
      if (denied || !user || user.disabled || user.tokenVersion !== payload.tokenVersion)
        throw new UnauthorizedException();
      return user;
    }
  }
  const guard = injectable(class JwtAuthGuard extends AuthGuard('jwt') {});
  const host = hostOf({ guard, imports: [PassportModule], providers: [injectable(JwtStrategy)] });
  const { app, url } = await listen(host, adapter);
  const token = accessToken(keys, 'RS256', stores && { sub: stores.id });
  const stop = async () => {
    await app.close();
    await stores?.stop();
  };
  return { url, headers: { authorization: `Bearer ${token}` }, stop };
}
