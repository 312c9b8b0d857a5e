import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createDatabase, createRedisDatabase } from './databases.js';
import { httpClient } from './http.js';
import { privatePostgres, privateRedis } from './private-servers.js';
import { tcpProxy } from './proxy.js';
import { FIRST } from './sequencer.mjs';

// tests of the test tools, because a fault that does not happen would make every fault test pass
describe('the HTTP client', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('set-cookie', [
        'everywhere=1; Path=/; HttpOnly',
        'narrow=2; Path=/auth',
        'gone=; Path=/; Max-Age=0',
      ]);
      response.end(
        JSON.stringify({
          cookie: request.headers.cookie ?? null,
          origins: request.headersDistinct['origin'] ?? [],
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('keeps cookies by path, and the raw lines', async () => {
    const client = httpClient(url);
    client.jar.set('gone', 'x');
    const first = await client.get('/');
    expect(first.json()).toMatchObject({ cookie: 'gone=x' });
    expect(first.setCookies[1]).toBe('narrow=2; Path=/auth');
    expect((await client.get('/authors')).json()).toMatchObject({ cookie: 'everywhere=1' });
    expect((await client.get('/auth/refresh')).json()).toMatchObject({
      cookie: 'everywhere=1; narrow=2',
    });
    expect((await client.get('/', { cookies: 'omit' })).json()).toMatchObject({ cookie: null });
  });

  it('sends a header twice when told to', async () => {
    const answer = await httpClient(url).get('/', {
      headers: { Origin: ['https://a.example', 'https://b.example'] },
    });
    expect(answer.json()).toMatchObject({ origins: ['https://a.example', 'https://b.example'] });
  });
});

describe('databases', () => {
  it('are fresh, separate and removed', async () => {
    const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
    expect(await rows(one.url, 'SELECT current_database() AS name')).toEqual([{ name: one.name }]);
    expect(one.name).not.toBe(two.name);
    await Promise.all([one.drop(), two.drop()]);
    await expect(rows(one.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('of Redis are separate and emptied', async () => {
    const [one, two] = await Promise.all([createRedisDatabase(), createRedisDatabase()]);
    expect(one.url).not.toBe(two.url);
    const client = new Redis(one.url);
    await client.set('key', 'value');
    await one.drop();
    expect(await client.dbsize()).toBe(0);
    client.disconnect();
    await two.drop();
  });
});

describe('private servers and the proxy', () => {
  it('Redis hangs, continues, dies and restarts on its port', async () => {
    const server = await privateRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const client = new Redis(server.url, { maxRetriesPerRequest: null, commandTimeout: 300 });
    client.on('error', () => undefined);
    await client.set('kept', '1');
    await server.kill('SIGSTOP');
    await expect(client.get('kept')).rejects.toThrow(/timed out/i);
    await server.kill('SIGCONT');
    expect(await client.get('kept')).toBe('1');
    const before = server.pid();
    await server.kill('SIGKILL');
    await server.start();
    expect(server.pid()).not.toBe(before);
    const again = new Redis(server.url);
    expect(await again.get('kept')).toBe('1');
    again.disconnect();
    client.disconnect();
    await server.stop();
  });

  it('PostgreSQL dies and restarts with all committed data', async () => {
    const server = await privatePostgres();
    await rows(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    await server.kill('SIGKILL');
    await expect(rows(server.url, 'SELECT 1')).rejects.toThrow();
    await server.start();
    expect(await rows(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await server.kill('SIGSTOP');
    const waiting = rows(server.url, 'SELECT 2 AS n');
    const first = await Promise.race([
      waiting,
      new Promise((resolve) => setTimeout(resolve, 300, 'hangs')),
    ]);
    expect(first).toBe('hangs');
    await server.kill('SIGCONT');
    expect(await waiting).toEqual([{ n: 2 }]);
    await server.stop();
  });

  it('the proxy forwards, delays, hangs and cuts', async () => {
    const database = await createDatabase();
    const proxy = await tcpProxy(database.url);
    const ask = () => rows(proxy.url, 'SELECT 1 AS n');
    expect(await ask()).toEqual([{ n: 1 }]);

    proxy.setDelay(30);
    const since = performance.now();
    expect(await ask()).toEqual([{ n: 1 }]);
    expect(performance.now() - since).toBeGreaterThan(100);
    proxy.setDelay(0);

    proxy.setMode('hang');
    const held = ask();
    expect(
      await Promise.race([held, new Promise((resolve) => setTimeout(resolve, 200, 'hangs'))]),
    ).toBe('hangs');
    proxy.setMode('forward');
    expect(await held).toEqual([{ n: 1 }]);

    proxy.setMode('cut');
    await expect(ask()).rejects.toThrow();
    proxy.setMode('forward');
    expect(await ask()).toEqual([{ n: 1 }]);
    await proxy.close();
    await database.drop();
  });
});

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

describe('the order of the suite', () => {
  it('names only existing files', () => {
    expect(FIRST.filter((path) => !existsSync(path))).toEqual([]);
    expect(new Set(FIRST).size).toBe(FIRST.length);
  });
});
