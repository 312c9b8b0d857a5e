import { AsyncLocalStorage } from 'node:async_hooks';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { AuthService } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { claimsOf } from '../support/stage.js';
import { eachHost } from './host.js';

/** As nestjs-cls does it: a middleware opens a store for the rest of the request. */
const requests = new AsyncLocalStorage<string>();
const opened = (app: INestApplication): void =>
  void app.use(
    (request: { headers: Record<string, string> }, _response: unknown, next: () => void) =>
      requests.run(request.headers['x-request'] ?? '', next),
  );

@Controller()
class Asked {
  @Get('asked')
  asked() {
    return { asked: requests.getStore() };
  }
}

const heard = new Map<string | undefined, string | undefined>();
const onEvent = (event: AuthEvent): void => {
  if (event.type === 'refresh.rotated') heard.set(event.sessionId, requests.getStore());
};
const here = () => ({ asked: requests.getStore() });

eachHost(
  [
    {
      name: 'AsyncLocalStorage',
      options: { accessToken: { claims: here }, onEvent },
      controllers: [Asked],
      prepare: opened,
    },
  ],
  (host) => {
    // refreshes of many requests travel in one statement
    it('each hook, listener and handler is called in its own request, also where many are served together', async () => {
      const auth = host().app.get(AuthService, { strict: false });
      const { id } = await host().person();
      const client = host().client();
      const names = Array.from({ length: 24 }, (_, at) => `request-${at}`);
      const sessions = await Promise.all(
        names.map(() => auth.openSession(id, { transport: 'bearer', secondFactor: 'satisfied' })),
      );
      const tokens = await Promise.all(
        names.map(async (name, at) => {
          const { refreshToken } = sessions[at]!.grant;
          const headers = { 'x-request': name };
          const answer = await client.post(
            '/auth/refresh',
            { refreshToken },
            { headers, cookies: 'omit' },
          );
          return answer.json<{ accessToken: string }>().accessToken;
        }),
      );
      expect(tokens.map((token) => claimsOf(token)['asked'])).toEqual(names);
      expect(tokens.map((token) => heard.get(String(claimsOf(token)['sid'])))).toEqual(names);
      const answers = await Promise.all(
        names.map((name, at) =>
          client.get('/asked', {
            headers: { 'x-request': name, authorization: `Bearer ${tokens[at]}` },
            cookies: 'omit',
          }),
        ),
      );
      expect(answers.map((answer) => answer.json())).toEqual(names.map((asked) => ({ asked })));
    });
  },
);
