import { describe, expect, it } from '@jest/globals';
import { Cluster, type ClusterNode, Redis } from 'ioredis';
import { OwnClient } from './own-client.js';
import { redisConnection } from './redis-connection.js';

/** As ioredis 5 does it: `redisOptions` of the second argument take the place of the client's own. */
class ClusterOfIoredis5 extends Cluster {
  override duplicate(nodes: ClusterNode[] = [], given: object = {}): Cluster {
    const options: object = { ...this.options, ...given };
    return new ClusterOfIoredis5(nodes, options);
  }
}

describe("a connection of Tokenward's own", () => {
  it.each([
    ['ioredis 6', Cluster],
    ['ioredis 5', ClusterOfIoredis5],
  ])('on Cluster has the credentials and the TLS of the host (%s)', (_, Client) => {
    const redisOptions = { username: 'svc', password: 'pw', tls: { servername: 'redis.example' } };
    const host = new Client([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true, redisOptions });
    const { client } = new OwnClient(host);
    expect((client as Cluster).options.redisOptions).toMatchObject({
      ...redisOptions,
      maxRetriesPerRequest: 0,
    });
  });

  it('says its role after what it read, not before: nothing waits to be sent in one piece', () => {
    const host = new Redis({ lazyConnect: true, enableAutoPipelining: true });
    expect(new OwnClient(host).client.options.enableAutoPipelining).toBe(false);
    const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], {
      lazyConnect: true,
      enableAutoPipelining: true,
    });
    expect(new OwnClient(cluster).client.options.enableAutoPipelining).toBe(false);
  });

  it('is made again with what the host has put in the place of expired credentials', () => {
    const host = new Redis({ lazyConnect: true, password: 'old' });
    const client = new OwnClient(host).client as Redis;
    Object.assign(host.options, { username: 'svc', password: 'new' });
    expect(client.options).toMatchObject({ password: 'old' });
    client.emit('close');
    expect(client.options).toMatchObject({ username: 'svc', password: 'new' });
  });

  it('through Sentinel tries again for ever, also where the host gives up', () => {
    const host = new Redis({
      sentinels: [{ host: '127.0.0.1', port: 1 }],
      name: 'tokenward',
      lazyConnect: true,
      sentinelRetryStrategy: () => null,
    });
    const { client } = new OwnClient(host);
    expect((client as Redis).options.sentinelRetryStrategy?.(1)).toBeGreaterThan(0);
  });
});

describe('redisConnection', () => {
  const nodeRedis = { duplicate: () => nodeRedis, sendCommand: () => undefined, isOpen: false };
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a URL', 'redis://127.0.0.1'],
    ["ioredis's options, as BullMQ takes them", { host: '127.0.0.1', port: 6379 }],
    ['a client of node-redis', nodeRedis],
  ])('refuses %s in one line, with the cure', (_, client) => {
    expect(() => redisConnection(client as Redis)).toThrow(
      expect.objectContaining({
        detail: expect.stringMatching(/^redisConnection: needs a client of ioredis; write /),
      }),
    );
  });
});
