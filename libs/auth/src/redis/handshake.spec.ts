import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { privateRedis } from '../../../../test/support/private-servers.js';
import { tcpProxy } from '../../../../test/support/proxy.js';
import { until } from '../../../../test/support/until.js';
import { SystemClock } from '../common/clock.js';
import { tokenOf } from '../verify/revocation/protocol/ledger-sync.fixture.js';
import { OwnClient } from './own-client.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

/** After this long without an answer a connection is closed that looks open. */
const SILENT_MS = 2_500;

// T-hs7k
it('a server that takes the connection and says nothing is left, and the next connection works', async () => {
  const server = await privateRedis();
  const proxy = await tcpProxy(server.url);
  proxy.setMode('hang');
  const own = new OwnClient(new Redis(proxy.url, { lazyConnect: true }));
  try {
    void own.ready();
    await until(() => proxy.connections() > 0);
    // this connection stays without an answer for ever, new ones get one
    proxy.strand();
    proxy.setMode('forward');
    await until(() => own.client.status === 'ready', 10_000);
    expect(await own.client.ping()).toBe('PONG');
  } finally {
    own.close();
    await proxy.close();
    await server.stop();
  }
});

// T-hs7m
it('a feed that is asked all the time works again after a silent server answers', async () => {
  const server = await privateRedis();
  const proxy = await tcpProxy(server.url);
  const feed = new RedisRevocationFeedBus(
    new Redis(proxy.url, { lazyConnect: true }),
    new SystemClock(),
  );
  const ask = () =>
    feed.lookup('ours', tokenOf('t')).then(
      ({ verdict }) => verdict,
      () => 'none',
    );
  // several requests at once
  const asking = setInterval(() => [1, 2, 3, 4].forEach(() => void ask()), 2);
  try {
    await until(async () => (await ask()) === 'silent');
    proxy.strand();
    await delay(SILENT_MS);
    await until(async () => (await ask()) === 'silent', 5_000);
  } finally {
    clearInterval(asking);
    feed.close();
    await proxy.close();
    await server.stop();
  }
});
