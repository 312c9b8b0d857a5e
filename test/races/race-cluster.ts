import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase, testPool } from '../support/databases.js';
import { startDemo, type Demo, type DemoOptions } from '../support/demo.js';
import { httpClient, type HttpAnswer, type HttpClient } from '../support/http.js';
import { scratchDir } from '../support/run-environment.js';

export interface SessionRow {
  readonly id: string;
  readonly generation: number;
  readonly hash: string;
  readonly endReason: string | null;
}

/**
 * Two processes (Express and Fastify) of one deployment on one Postgres. Either may be killed at any moment and
 * restarts.
 */
export interface RaceCluster {
  /** Sends to process 0 or 1; fails if it is down or dies meanwhile. */
  post(process: number, path: string, json: unknown): Promise<HttpAnswer>;
  session(id: string): Promise<SessionRow | undefined>;
  sessions(): Promise<SessionRow[]>;
  /** Sends SIGKILL to the two in turn, each when the other one serves again. */
  killInTurn(times: number, pauseMs: () => number): Promise<void>;
  close(): Promise<void>;
}

export async function startCluster(env: Readonly<Record<string, string>>): Promise<RaceCluster> {
  const database = await createDatabase();
  const shared = {
    DATABASE_URL: database.url,
    JWT_ALGORITHM: 'ES256',
    LOGIN_THROTTLE: 'off',
    ...env,
  };
  const dataDir = scratchDir('races');
  const adapters = ['express', 'fastify'] as const;
  const launch = (index: number, port?: number): Promise<Demo> =>
    startDemo({ env: shared, dataDir, adapter: adapters[index], port } satisfies DemoOptions);
  const demos = await Promise.all([launch(0), launch(1)]);
  const clients: HttpClient[] = demos.map(({ url }) => httpClient(url));
  const pool = testPool({ connectionString: database.url, max: 2 });
  const find = async (where: string, ...values: string[]): Promise<SessionRow[]> => {
    const { rows } = await pool.query<SessionRow>(
      `select id, generation, encode(token_hash, 'hex') as hash, end_reason as "endReason" from auth_sessions ${where}`,
      values,
    );
    return rows;
  };
  return {
    post: (process, path, json) =>
      (clients[process] as HttpClient).post(path, json, {
        cookies: 'omit',
        signal: AbortSignal.timeout(15_000),
      }),
    session: async (id) => (await find('where id = $1', id))[0],
    sessions: () => find(''),
    async killInTurn(times, pauseMs) {
      for (let kill = 0; kill < times; kill++) {
        const index = kill % 2;
        const victim = demos[index] as Demo;
        await delay(pauseMs());
        await victim.kill('SIGKILL');
        demos[index] = await launch(index, victim.port);
      }
    },
    async close() {
      await Promise.all(demos.map((demo) => demo.stop()));
      await pool.end();
      await database.drop();
    },
  };
}
