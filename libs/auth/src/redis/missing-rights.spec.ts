import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Redis } from 'ioredis';
import { privateRedis } from '../../../../test/support/private-servers.js';
import { until } from '../../../../test/support/until.js';
import type { AuthError } from '../common/auth-error.js';
import type { Heartbeat } from '../storage/revocation-feed.port.js';
import { redisConnection, type RedisConnection } from './redis-connection.js';

const LEDGER = 'ours';
const PAGE = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8');
/** As the page has them: `~…` and `+…` of the item about the ACL. */
const [, ITEM = ''] = /An ACL user for Tokenward([\s\S]*?)\n- \[ \]/.exec(PAGE) ?? [];
const [KEYS = '', RIGHTS = ''] = [...ITEM.matchAll(/`([~+][^`]* [^`]*)`/g)].map(([, text]) => text);

describe('a user with the rights of docs/deployment.md', () => {
  let server: Awaited<ReturnType<typeof privateRedis>>;
  let admin: Redis;
  let warned: jest.SpiedFunction<Logger['warn']>;
  const open: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await privateRedis();
    admin = new Redis(server.url);
  });
  beforeEach(() => {
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each();
    warned.mockRestore();
    await admin.flushall();
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  const lines = (): string[] => warned.mock.calls.map(([line]) => String(line));

  async function connected(keys: string, rights: string, keyPrefix = ''): Promise<RedisConnection> {
    const rules = ['reset', 'on', '>pw', ...keys.split(' '), ...rights.split(' ')];
    await admin.acl('SETUSER', 'svc', ...rules);
    const client = new Redis(server.url.replace('//', '//svc:pw@'), { keyPrefix });
    const connection = redisConnection(client, { deadlineMs: 2_000 });
    open.push(
      () => client.disconnect(),
      () => connection.close(),
    );
    await until(() => client.status === 'ready');
    return connection;
  }

  /** Everything that processes ask of Redis. */
  async function everything({ feed, throttle, replays }: RedisConnection): Promise<string[]> {
    const entry = { kind: 'user', id: 'u', value: 2, expiresAt: Date.now() + 60_000 } as const;
    const now = Date.now();
    const beat: Heartbeat = { version: 2, id: 'b', prev: '', before: [], kind: 'whole' };
    const done = await Promise.allSettled([
      feed.publish(LEDGER, [entry]),
      feed.append(LEDGER, [entry], beat),
      feed.announce(LEDGER, ['k']),
      feed.ledgersOf(['k']),
      feed.head(LEDGER),
      feed.snapshot(LEDGER, () => undefined),
      feed.read(LEDGER, '0-0', 10),
      feed.warnings(),
      throttle.take({ id: 'a', buckets: [{ key: 'x', limit: 5 }], windowMs: 1_000 }),
      throttle.giveBack({ id: 'a', buckets: [{ key: 'x', limit: 5 }], windowMs: 1_000 }),
      replays.use({ id: 'p', holder: 'h', issuedAtMs: now, windowMs: 90_000 }),
    ]);
    return done.flatMap((each) =>
      each.status === 'rejected' ? [(each.reason as AuthError).detail] : [],
    );
  }

  it('may do everything that Tokenward asks of Redis', async () => {
    expect([KEYS, RIGHTS]).toEqual([expect.stringContaining('~'), expect.stringContaining('+')]);
    expect(await everything(await connected(KEYS, RIGHTS))).toEqual([]);
    expect(await admin.get('user:version:u')).toBe('2');
    expect(lines()).toEqual([]);
  });

  it('is told once, by name, what else it needs', async () => {
    const connection = await connected(KEYS, RIGHTS.replace(' +time', ''));
    for (let again = 0; again < 2; again++) expect(await everything(connection)).not.toEqual([]);
    await until(() => lines().length >= 3);
    const said = lines().sort();
    expect(said).toEqual([
      expect.stringMatching(/^Login throttling counts in this process alone: .*\(ACL\).*\+time/),
      expect.stringMatching(/^The copies of revocations .*\(ACL\).*\+time/),
      expect.stringMatching(/^The revocation feed .*\(ACL\).*\+time/),
    ]);
    expect(said.join()).not.toContain('\n');
  });

  it('is told that the keyPrefix of its client is missing in front of the keys', async () => {
    expect(await everything(await connected(KEYS, RIGHTS, 'shop:'))).toEqual([]);
    await until(() => lines().length > 0);
    expect(lines()).toEqual([expect.stringMatching(/^The copies of revocations .*keyPrefix/)]);
    const prefixed = KEYS.replaceAll(' ~', ' ~shop:');
    warned.mockClear();
    expect(await everything(await connected(prefixed, RIGHTS, 'shop:'))).toEqual([]);
    expect(await admin.get('shop:user:version:u')).toBe('2');
    expect(lines()).toEqual([]);
  });
});
