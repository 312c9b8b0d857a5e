import { expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { privateRedis } from '../../../../test/support/private-servers.js';
import { tcpProxy } from '../../../../test/support/proxy.js';
import { until } from '../../../../test/support/until.js';
import { OwnClient } from './own-client.js';

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
