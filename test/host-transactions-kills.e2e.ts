import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type FromHost, type Gate, GATES, roleOf, type ToHost, WAYS } from './orms/kill-plan.js';
import { LIBRARIES } from './orms/libraries.js';
import { generated } from './orms/prisma-client.js';
import { bundle } from './support/bundle.js';
import { hostDatabase } from './support/host-app.js';
import { type PrivateServer, privatePostgres } from './support/private-servers.js';
import { noteProcess } from './support/run-environment.js';
import { until } from './faults/trial.js';

/** Of each library. `npm run orm:kills` asks for 200. */
const KILLS = Number(process.env['ORM_KILLS'] ?? 6);
const NAMES = Object.keys(LIBRARIES);

/** A process with one transaction of every library; made anew after it was killed. */
class Victim {
  #child: ChildProcess | undefined;
  #heard: FromHost[] = [];

  constructor(
    private readonly module: string,
    private readonly url: string,
  ) {}

  async send(message: ToHost): Promise<void> {
    if (!this.#child) await this.#start();
    if (message.kind === 'round') this.#heard = [];
    this.#child?.send(message, () => undefined);
  }

  /** How many libraries have committed or failed. */
  get settled(): number {
    return this.#heard.filter((each) => each.kind === 'settled').length;
  }

  /** Those that have not come to the gate: they failed before it, or nothing was heard of them. */
  get missing(): string[] {
    const arrived = new Set(
      this.#heard.flatMap((each) => (each.kind === 'at' ? [each.library] : [])),
    );
    return NAMES.filter((name) => !arrived.has(name));
  }

  /** Each has come to the gate, or failed before it. */
  get hasAnswered(): boolean {
    const answered = new Set(
      this.#heard.flatMap((each) => ('library' in each ? [each.library] : [])),
    );
    return NAMES.every((name) => answered.has(name));
  }

  get isDead(): boolean {
    return !this.#child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async #start(): Promise<void> {
    const child = fork(this.module, [this.url], { stdio: 'ignore' });
    this.#child = child;
    this.#heard = [];
    if (child.pid) noteProcess(child.pid);
    child.on('message', (message: FromHost) => this.#heard.push(message));
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    await until(
      () => Promise.resolve(this.isDead || this.#heard.some(({ kind }) => kind === 'ready')),
      60_000,
    );
    if (this.isDead) throw new Error('the process did not start');
  }
}

describe('a kill between the write of the host and the commit', () => {
  let server: PrivateServer;
  let victim: Victim;
  let url: string;
  const ids = new Map<string, string>();
  const tally = new Map(
    NAMES.map((name) => [name, { kills: 0, committed: 0, undone: 0, again: 0 }]),
  );
  const rowOf = (name: string) => tally.get(name)!;

  beforeAll(async () => {
    await generated();
    server = await privatePostgres({ settings: { max_connections: 100 } });
    const database = await hostDatabase({ url: server.url, drop: () => Promise.resolve() });
    url = database.url;
    for (const name of NAMES) {
      const { rows } = await database.pool.query<{ id: string }>(
        `insert into people (mail, kind) values ($1, $2) returning person_ref as id`,
        [`${name.replaceAll(/\W/g, '')}@example.com`, roleOf(1)],
      );
      ids.set(name, rows[0]?.id ?? '');
    }
    await database.pool.end();
    victim = new Victim(await bundle('test/orms/kill-host.ts', { nest: true }), url);
  }, 120_000);
  // what a failed round left open would hold the next one up
  afterEach(() => victim.kill());
  afterAll(async () => {
    await server.stop();
    const table = process.env['ORM_KILLS_TABLE'];
    if (table)
      for (const [library, row] of tally)
        appendFileSync(table, `${JSON.stringify({ library, ...row })}\n`);
  });

  /** By library: the role that the host wrote, the version, and whether the revocation of that version is there. */
  async function state(): Promise<
    Map<string, { role: string; version: number; revoked: boolean }>
  > {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{
        id: string;
        role: string;
        version: number;
        revoked: boolean;
      }>(
        `select p.person_ref as id, p.kind as role, coalesce(s.token_version, 1) as version,
           coalesce(s.token_version, 1) = 1 or exists (select from auth_revocations r where r.kind = 'user'
             and r.subject = p.person_ref::text and r.min_version = s.token_version) as revoked
         from people p left join auth_subjects s on s.subject = p.person_ref::text`,
      );
      return new Map(NAMES.map((name) => [name, rows.find(({ id }) => id === ids.get(name))!]));
    } finally {
      await client.end();
    }
  }

  /** The server may take a connection yet, and end it, before it notices that a backend was killed. */
  async function stateOnceUp(): ReturnType<typeof state> {
    let found: Awaited<ReturnType<typeof state>> | undefined;
    await until(async () => (found = await state().catch(() => undefined)) !== undefined);
    return found!;
  }

  async function othersConnected(): Promise<number> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where backend_type = 'client backend'
           and datname = current_database() and pid <> pg_backend_pid()`,
      );
      return rows[0]?.count ?? 0;
    } finally {
      await client.end();
    }
  }

  const killers: Readonly<Record<string, () => Promise<void>>> = {
    'the process of the host': async () => {
      await victim.kill();
      // a COMMIT that it had sent is carried out yet: what is read before that is not what became of it
      await until(async () => (await othersConnected()) === 0);
    },
    'a backend of PostgreSQL': async () => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where backend_type = 'client backend' and datname = current_database()
           and pid <> pg_backend_pid() order by state = 'idle' nulls last, random() limit 1`,
      );
      const ended = new Promise((resolve) => client.once('end', resolve));
      process.kill(rows[0]!.pid, 'SIGKILL');
      // the postmaster ends all the others then, and lets nobody in before they are gone: until then one of them could
      // still commit
      await ended;
      await stateOnceUp();
    },
    'the postmaster': async () => {
      await server.kill('SIGKILL');
      await server.start();
    },
  };

  /** A process takes seconds to come back. */
  const share: Readonly<Record<string, number>> = {
    'the process of the host': 0.2,
    'a backend of PostgreSQL': 0.4,
    'the postmaster': 0.4,
  };
  const rounds = (what: string): number => Math.max(2, Math.ceil(KILLS * (share[what] ?? 0)));

  // T-4wbv
  it.each(Object.entries(killers))(
    'of %s: role and revocation are both there, or both not, in every library',
    async (what, kill) => {
      let again = 0;
      for (let round = 0; round < rounds(what); round++) {
        const gate = GATES[round % GATES.length] as Gate;
        const way = WAYS[Math.floor(round / GATES.length) % WAYS.length] ?? 'userChanged';
        const before = await stateOnceUp();
        const users = Object.fromEntries(
          NAMES.map((name) => [
            name,
            { id: ids.get(name) ?? '', next: (before.get(name)?.version ?? 0) + 1 },
          ]),
        );
        await victim.send({ kind: 'round', round: { gate, way, users } });
        await until(() => Promise.resolve(victim.isDead || victim.hasAnswered), 10_000).catch(
          () => undefined,
        );
        // a library whose pool the last kill left failing or waiting is not what is tried here: again, with a fresh
        // process
        if (victim.missing.length > 0) {
          expect(++again).toBeLessThan(Math.max(20, rounds(what) / 2));
          for (const name of victim.missing) rowOf(name).again++;
          await victim.kill();
          round--;
          continue;
        }
        // the commits are on their way: each round meets them somewhere else
        if (gate === 'committing') await delay(round % 7);
        await kill();
        if (!victim.isDead) await victim.send({ kind: 'go' });
        // a library that waits for an answer for ever is not what is tried here: its process goes
        if (!victim.isDead)
          await until(
            () => Promise.resolve(victim.isDead || victim.settled >= NAMES.length),
            5_000,
          ).catch(() => victim.kill());
        const after = await stateOnceUp();
        for (const name of NAMES) {
          const [was, is] = [before.get(name)!, after.get(name)!];
          const whole = { role: roleOf(is.version), version: is.version, revoked: true };
          expect({ name, gate, way, ...is }).toMatchObject({ name, gate, way, ...whole });
          if (gate !== 'committing') expect(is.version).toBe(was.version);
          const row = rowOf(name);
          row.kills++;
          if (is.version === was.version) row.undone++;
          else row.committed++;
        }
      }
    },
    1_800_000,
  );
});
