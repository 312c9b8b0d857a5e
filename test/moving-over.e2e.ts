import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hash } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { guideFiles, ROOT } from './support/consumer-app.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { httpClient, type HttpClient } from './support/http.js';
import { scratchDir } from './support/run-environment.js';
import { bearer } from './support/stage.js';
import { tokenward } from './support/tokenward.js';

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}
interface Tutorial {
  start(): Promise<Running>;
}

const PAGE = readFileSync(join(ROOT, 'docs', 'migration.md'), 'utf8');
const PASSWORD = 'a quiet harbour at dawn';

/** The application of the Nest documentation's tutorial (test/tutorial), moved over as docs/migration.md says. */
describe('docs/migration.md, followed from the first line to the last', () => {
  // inside the repository, so that packages are found
  const folder = join(ROOT, '.data', `tutorial-${randomBytes(6).toString('hex')}`);
  const before = { ...process.env };
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    await pool.query(
      'create table users (user_id serial primary key, username varchar(50) not null, password varchar(60) not null, email text)',
    );
    for (const name of ['john', 'Maria'])
      await pool.query('insert into users (username, password) values ($1, $2)', [
        name,
        await hash(PASSWORD, 10),
      ]);
    mkdirSync(folder, { recursive: true });
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      JWT_SECRET: randomBytes(32).toString('base64'),
      KEY_DIRECTORY: scratchDir('tutorial-keys'),
    });
  });
  afterAll(async () => {
    process.env = before;
    rmSync(folder, { recursive: true, force: true });
    await pool.end();
    await database.drop();
  });

  /** A copy, so that the same file can be loaded before and after it is changed. */
  async function application(name: string, files: ReadonlyMap<string, string>): Promise<Running> {
    const copy = join(folder, name);
    cpSync(join(ROOT, 'test', 'tutorial'), copy, { recursive: true });
    for (const [path, code] of files) writeFileSync(join(copy, path), code);
    const { start } = (await import(pathToFileURL(join(copy, 'start.ts')).href)) as Tutorial;
    return start();
  }

  const signIn = (client: HttpClient, username: string, password = PASSWORD) =>
    client.post('/auth/login', { username, password });
  const profile = (client: HttpClient, token: string) => client.get('/auth/profile', bearer(token));

  it('people stay signed in, sign in with their passwords, and can be signed out', async () => {
    const old = await application('before', new Map());
    const oldLogin = await signIn(httpClient(old.url), 'john');
    expect(oldLogin.status).toBe(200);

    // step 1
    const keys = process.env['KEY_DIRECTORY'] ?? '';
    expect((await tokenward(`keys generate --dir ${keys} --algorithm ES256`)).code).toBe(0);
    // step 2
    const [, statements = ''] = /<!-- run: sql -->\n\n```sql\n([\s\S]*?)```/.exec(PAGE) ?? [];
    await pool.query(statements);
    // steps 3 to 5
    const files = guideFiles('migration.md');
    expect([...files.keys()]).toEqual([
      'database.ts',
      'auth/auth.module.ts',
      'auth/auth.controller.ts',
    ]);
    // step 6
    expect((await tokenward('migrate', { DATABASE_URL: database.url })).code).toBe(0);
    const app = await application('after', files);
    try {
      // the old one still runs, as in a rolling deployment
      const issued = await signIn(httpClient(old.url), 'john');
      const oldToken = issued.json<{ access_token: string }>().access_token;
      const client = httpClient(app.url);
      for (const each of [httpClient(old.url), client])
        expect((await profile(each, oldToken)).status).toBe(200);
      expect((await profile(client, oldToken)).json()).toEqual({ sub: '1' });

      const login = await signIn(client, 'JOHN');
      expect(login.status).toBe(200);
      const { accessToken, refreshToken, user } = login.json<{
        accessToken: string;
        refreshToken: string;
        user: { id: string };
      }>();
      expect(user.id).toBe('1');
      expect((await profile(client, accessToken)).json()).toEqual({ sub: '1' });
      const stored = await pool.query<{ password: string }>(
        'select password from users order by user_id',
      );
      expect(stored.rows.map(({ password }) => password.split('$')[1])).toEqual(['argon2id', '2y']);
      expect((await signIn(client, 'maria')).status).toBe(200);
      expect((await signIn(client, 'john', 'wrong password')).status).toBe(401);

      // and what the tutorial could not do: whoever was signed in, by whatever token, is signed out
      expect((await client.post('/auth/logout-all', {}, bearer(accessToken))).status).toBe(204);
      for (const token of [accessToken, oldToken])
        expect((await profile(client, token)).status).toBe(401);
      expect((await client.post('/auth/refresh', { refreshToken })).status).toBe(401);
    } finally {
      await app.stop();
      await old.stop();
    }
  }, 120_000);
});
