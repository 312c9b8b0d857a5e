import { type ExecutionContext, Injectable } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { Principal } from '@tokenward/nestjs';
import { CacheInterceptor } from './cache-interceptor.js';
import { eachHost } from './host.js';

/** Of docs/caches.md. */
@Injectable()
class CachePerUser extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    type Asked = { method: string; url: string; user?: Principal };
    const { method, url, user } = context.switchToHttp().getRequest<Asked>();
    if (method !== 'GET' || !user) return undefined;
    return JSON.stringify([
      user.issuer,
      user.kind,
      user.sessionId,
      user.tokenVersion,
      user.id,
      url,
    ]);
  }
}

const warnings: string[] = [];
const quiet = () => undefined;
const keep = (line: unknown) => void warnings.push(String(line));
const logger = { log: quiet, debug: quiet, verbose: quiet, warn: keep, error: keep, fatal: keep };
const silent: string[] = [];
const LINE = /^Things\.list, Things\.plain, Things\.kept: is cached without a look at the caller/;

eachHost(
  [{ name: 'a global CacheInterceptor', interceptor: CacheInterceptor, create: { logger } }],
  (host) => {
    it('gives one user the answer of another, and the boot has said so', async () => {
      const [ada, bob] = [await host().caller(), await host().caller()];
      const owners: unknown[] = [];
      for (const { headers } of [ada, bob])
        owners.push((await host().client().get('/things', { headers })).json());
      expect(owners).toEqual([[{ owner: ada.id }], [{ owner: ada.id }]]);
      expect(warnings).toEqual(expect.arrayContaining([expect.stringMatching(LINE)]));
    });
  },
);

eachHost(
  [
    {
      name: 'the cache of the documentation',
      interceptor: CachePerUser,
      create: { logger: { ...logger, warn: (line: unknown) => void silent.push(String(line)) } },
    },
  ],
  (host) => {
    it('gives each user an answer of their own, and the boot says nothing', async () => {
      const [ada, bob] = [await host().caller(), await host().caller()];
      for (const me of [ada, bob, ada, bob]) {
        const { headers } = me;
        const mine = await host().client().get('/things', { headers });
        expect(mine.json()).toEqual([{ owner: me.id }]);
      }
      expect((await host().client().get('/open')).json()).toEqual({ open: true });
      expect(silent.filter((line) => line.includes('cached'))).toEqual([]);
    });
  },
);
