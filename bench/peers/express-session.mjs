// express-session with connect-redis and node-redis; no touch on each request, so one round trip to Redis and no idle
// lifetime.
import { randomBytes } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { createClient } from 'redis';
import { hostOf, injectable, listen } from '../support/nest.mjs';

class SessionGuard {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    if (!request.session.userId) throw new UnauthorizedException();
    request.user = { id: request.session.userId };
    return true;
  }
}

export async function serve(adapter, { redisUrl }) {
  const client = await createClient({ url: redisUrl }).connect();
  const secret = randomBytes(32).toString('hex');
  const store = new RedisStore({ client, prefix: 'bench-session:', disableTouch: true });
  const { app, url } = await listen(
    hostOf({ guard: injectable(SessionGuard) }),
    adapter,
    (each) => {
      each.use(
        session({
          store,
          secret,
          resave: false,
          saveUninitialized: false,
          cookie: { maxAge: 3_600_000 },
        }),
      );
      each.use((request, _response, next) => {
        if (request.headers['x-sign-in']) request.session.userId = 'user-1';
        next();
      });
    },
  );
  const answer = await fetch(`${url}/things`, { headers: { 'x-sign-in': 'yes' } });
  const cookie = answer.headers.get('set-cookie').split(';')[0];
  const stop = async () => {
    await app.close();
    client.destroy();
  };
  return { url, headers: { cookie }, stop };
}
