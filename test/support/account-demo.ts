import { afterAll, beforeAll } from '@jest/globals';
import { createDatabase, testPool } from './databases.js';
import { type Demo, startDemo } from './demo.js';
import { PASSWORD, type Person, register, STAGE_TIMEOUT_MS } from './stage.js';
import type { Visitor } from './visitor.js';
import { visits } from './visits.js';

export const ADMIN = { email: 'root@page.test', password: PASSWORD };

/** For the calling file: one demo with every way to sign in, and one browser. */
export function accountDemo() {
  const { arriveAt, browser } = visits({ but: () => `a request to ${demo.url}` });
  let demo: Demo;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let pool: ReturnType<typeof testPool>;
  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url, max: 1 });
    demo = await startDemo({
      env: {
        DATABASE_URL: database.url,
        LOGIN_THROTTLE: 'off',
        OIDC_PROVIDERS: '',
        DPOP: 'require',
        DEMO_USERS: `${ADMIN.email}:${PASSWORD}:admin`,
      },
    });
  }, STAGE_TIMEOUT_MS);
  afterAll(async () => {
    await demo?.stop();
    await pool?.end();
    await database?.drop();
  });

  /** By name: browsers refuse passkeys at an address. */
  async function arrive(): Promise<Visitor> {
    const visitor = await arriveAt(`http://localhost:${String(demo.port)}`);
    visitor.page.setDefaultTimeout(15_000);
    return visitor;
  }
  const newcomer = (): Promise<[Person, Visitor]> =>
    Promise.all([register(demo.client()), arrive()]);
  return {
    arrive,
    browser,
    demo: () => demo,
    pool: () => pool,
    /** A user who is not signed in. */
    newcomer,
    /** A user who is signed in and looks at the account. */
    async atAccount(): Promise<[Person, Visitor]> {
      const [person, me] = await newcomer();
      await me.signIn(person);
      await me.go('Account');
      return [person, me];
    },
  };
}
