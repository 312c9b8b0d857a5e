import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type HostDeployment, startHosts } from './faults/host-deployment.js';
import { answered } from './faults/trial.js';
import { type HostDatabase, hostDatabase } from './support/host-app.js';
import { privateRedis, type PrivateServer } from './support/private-servers.js';
import { until } from './support/until.js';

const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('\n## Redis is shared by mistake\n');
/** What stands in the section's only block of that language. */
function written(language: string): string {
  const blocks = [...(section.split('\n## ')[0] ?? '').matchAll(/^ *```(\w+)\n([^]*?)\n *```$/gm)];
  const [block, ...more] = blocks.filter(([, is]) => is === language);
  expect(more).toEqual([]);
  return block?.[2]?.trim() ?? '';
}

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  jest.restoreAllMocks();
});

async function deployed(redis: PrivateServer, database: HostDatabase, keyPrefix?: string) {
  const hosts = await startHosts(() => new Redis(redis.url, { keyPrefix }), {
    database,
    issuing: 1,
  });
  undo.push(() => hosts.close());
  return hosts;
}

async function databaseOfItsOwn(): Promise<HostDatabase> {
  const database = await hostDatabase();
  undo.push(() => database.drop());
  return database;
}

/** A login is accepted everywhere, and its ending felt everywhere. */
async function works(hosts: HostDeployment): Promise<void> {
  const token = await hosts.signIn();
  for (const where of ['a', 'verifier'] as const) await answered(hosts, where, token, 200);
  expect(await hosts.revoke('a', token)).toBe(204);
  for (const where of ['a', 'verifier'] as const) await answered(hosts, where, token, 401);
}

describe('the Redis that is shared by mistake, of docs/operations.md, step by step', () => {
  // T-wvrk
  it('is named in the log with both ledgers; a prefix separates the two, and the old keys are deleted', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const redis = await privateRedis();
    undo.push(() => redis.stop());
    const looking = new Redis(redis.url);
    undo.push(() => looking.quit());
    const [mine, theirs] = [await databaseOfItsOwn(), await databaseOfItsOwn()];
    const [ours, others] = [await deployed(redis, mine), await deployed(redis, theirs)];
    await works(ours);
    await works(others);

    const own = String((await mine.pool.query<{ id: string }>(written('sql'))).rows[0]?.id);
    const other = String((await theirs.pool.query<{ id: string }>(written('sql'))).rows[0]?.id);
    const line = written('text').replaceAll('\n', ' ').replace('OWN', own).replace('OTHER', other);
    await until(() => warn.mock.calls.some(([said]) => said === line));

    await ours.close();
    const [, keyPrefix = ''] =
      /^const redis = new Redis\(url, \{ keyPrefix: '(.+)' \}\);$/.exec(written('ts')) ?? [];
    expect(keyPrefix).not.toBe('');
    const moved = await deployed(redis, mine, keyPrefix);
    const [, pattern = ''] =
      /^redis-cli --scan --pattern '(.+)' \| xargs redis-cli unlink$/.exec(written('sh')) ?? [];
    const left = await looking.keys(pattern.replace('OWN', own));
    expect(left.length).toBeGreaterThan(0);
    await looking.unlink(...left);

    // nothing comes back there, and each has what it needs
    await works(moved);
    await works(others);
    expect(await looking.keys(pattern.replace('OWN', own))).toEqual([]);
    expect((await looking.keys(`${keyPrefix}*`)).length).toBeGreaterThan(0);
    expect((await looking.keys(pattern.replace('OWN', other))).length).toBeGreaterThan(0);
  }, 120_000);
});
