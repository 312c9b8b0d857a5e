import { readFileSync } from 'node:fs';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthHealth, AuthMetrics, METRICS, prometheusName } from '@tokenward/nestjs/observe';
import { createDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
import { type ObservedHost, startObservedHost } from './support/observed-host.js';
import { bearer } from './support/stage.js';

type Numbers = Readonly<Record<string, number>>;

/** What one person does, and what must then be counted, to the number. */
async function live(host: ObservedHost): Promise<void> {
  const { id, email } = await host.add();
  const client = host.client();
  await host.logIn(client, email, { password: 'wrong password entirely' });
  await host.logIn(client, `nobody-${id}@people.test`);
  await host.logIn(client, email);
  const thief = client.copy();
  for (let n = 0; n < 3; n++) await client.get('/auth/me');
  await client.get('/auth/me', { ...bearer('junk'), cookies: 'omit' });
  await client.post('/auth/refresh');
  await client.post('/auth/refresh', { refreshToken: 'junk' }, { cookies: 'omit' });
  await thief.post('/auth/refresh');
  await client.get('/auth/me');
}

const COUNTED: Numbers = {
  'tokenward.logins{cookie,unknown}': 1,
  'tokenward.login.failures{wrong_password}': 1,
  'tokenward.login.failures{unknown_user}': 1,
  'tokenward.refreshes{rotated}': 1,
  'tokenward.refreshes{junk}': 1,
  'tokenward.refreshes{reused}': 1,
  'tokenward.revocations{reuse}': 1,
  'tokenward.events{refresh.reused,high}': 1,
  'tokenward.token.refusals{revoked}': 1,
  'tokenward.audit.dropped{}': 0,
  'tokenward.revocation.publish.failures{}': 0,
};

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

describe('metrics', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  let host: ObservedHost;
  beforeAll(async () => {
    host = await startObservedHost(database, { meter: provider.getMeter('tokenward') });
    await live(host);
  }, 60_000);
  afterAll(async () => {
    await host.close();
    await provider.shutdown();
  });

  const read = (): Numbers =>
    Object.fromEntries(
      host.app
        .get(AuthMetrics, { strict: false })
        .read()
        .flatMap(({ metric, samples }) =>
          samples.map(({ value, attributes }) => [
            `${metric.name}{${Object.values(attributes).join()}}`,
            value,
          ]),
        ),
    );

  // T-527d
  it('count what happened', () => {
    const numbers = read();
    expect(numbers).toMatchObject(COUNTED);
    expect(numbers['tokenward.revocation.checks{mirror}']).toBeGreaterThanOrEqual(4);
    expect(numbers['tokenward.revocation.view.age{}']).toBeLessThan(60);
    expect(numbers['tokenward.token.cache{hit}']).toBeGreaterThanOrEqual(2);
    expect(numbers['tokenward.token.verification.time{}']).toBeGreaterThan(0);
    expect(numbers).toMatchObject({
      'tokenward.hashing{running}': 0,
      'tokenward.hashing{waiting}': 0,
    });
  });

  // T-9wj7
  it('reach OpenTelemetry with the same names and numbers', async () => {
    await reader.forceFlush();
    const found = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    const told = Object.fromEntries(
      found.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ value, attributes }) => [
          `${descriptor.name}{${Object.values(attributes).join()}}`,
          value,
        ]),
      ),
    );
    expect(told).toMatchObject(COUNTED);
    for (const { descriptor } of found) {
      const definition = Object.values(METRICS).find(({ name }) => name === descriptor.name);
      expect(descriptor).toMatchObject({ description: definition?.help });
    }
  });

  // T-bwgj
  it('contain no data of a user', () => {
    const { events } = host;
    const ids = events.flatMap((event) =>
      'userId' in event && event.userId ? [event.userId] : [],
    );
    expect(ids.length).toBeGreaterThan(0);
    const text = JSON.stringify(read());
    for (const each of [...ids, '192.0.2.1', '@people', 'eyJ']) expect(text).not.toContain(each);
  });
});

describe('health indicators', () => {
  it('fit @nestjs/terminus: up, and down when the database is gone', async () => {
    const own = await hostDatabase();
    const host = await startObservedHost(own, { storeDeadline: '500ms' });
    const health = host.app.get(AuthHealth, { strict: false });
    const { Test } = await import('@nestjs/testing');
    const kit = await Test.createTestingModule({
      imports: [TerminusModule.forRoot({ logger: false })],
    }).compile();
    const check = async () =>
      kit
        .get(HealthCheckService)
        .check([
          () => health.postgres(),
          () => health.redis(),
          () => health.revocations(),
          () => health.keys(),
        ] as never[]);
    expect(await check()).toMatchObject({
      status: 'ok',
      details: {
        postgres: { status: 'up' },
        redis: { status: 'up', mode: 'not_used' },
        revocations: { status: 'up', fresh: true },
        keyring: { status: 'up', keys: 1 },
      },
    });
    await host.close();
    await own.drop();
    await expect(check()).rejects.toMatchObject({
      response: { status: 'error', error: { postgres: { status: 'down' } } },
    });
    await kit.close();
  }, 60_000);
});

describe('the demo', () => {
  let demo: Demo;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const own = await createDatabase();
    drop = () => own.drop();
    demo = await startDemo({ env: { DATABASE_URL: own.url } });
  }, 120_000);
  afterAll(async () => {
    await demo.stop();
    await drop();
  });

  const served = async () => (await demo.client().get('/metrics')).text;

  // T-vv55
  it('serves every metric to Prometheus', async () => {
    const client = demo.client();
    const [user] = demo.users;
    await client.post('/auth/login', { email: user?.email, password: user?.password });
    const text = await served();
    for (const metric of Object.values(METRICS))
      expect(text).toContain(`# TYPE ${prometheusName(metric)} ${metric.kind}\n`);
    expect(text).toContain('tokenward_logins_total{transport="cookie",device="unknown"} 1\n');
    expect(text).toMatch(/^tokenward_revocation_view_age_seconds [\d.e-]+$/m);
    expect(text).not.toContain(String(user?.email));
  });

  // T-xtpw
  it('serves what docs/dashboard.json and the alerts of docs/alerts.md ask for', async () => {
    const names = new Set(
      [...(await served()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    );
    const dashboard = JSON.parse(
      readFileSync(new URL('../docs/dashboard.json', import.meta.url), 'utf8'),
    ) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const runbook = readFileSync(new URL('../docs/alerts.md', import.meta.url), 'utf8');
    const queries = [
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...[...runbook.matchAll(/^ *expr: (.*)$/gm)].map(([, expr = '']) => expr),
    ];
    expect(queries.length).toBeGreaterThan(20);
    const asked = queries.flatMap(
      (query) => query.match(/\b(?:tokenward|process|nodejs)_\w+/g) ?? [],
    );
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
    // and nothing that is measured is left out of the picture
    const shown = Object.values(METRICS)
      .map(prometheusName)
      .filter((name) => !asked.includes(name));
    expect(shown).toEqual([]);
  });

  it('reports the state of each part in /health/ready', async () => {
    const answer = await demo.client().get('/health/ready');
    expect(answer.json()).toMatchObject({
      status: 'ok',
      postgres: 'up',
      redis: { status: 'up', mode: 'not_used' },
      revocations: { status: 'up' },
      keyring: { status: 'up' },
    });
  });
});
