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
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { type LoginCandidate, UserDirectory } from '@tokenward/nestjs/storage';
import pg from 'pg';
import { type HostDatabase, hostDatabase, PEOPLE } from './support/host-app.js';
import type { HttpClient } from './support/http.js';
import { type ObservedHost, startObservedHost } from './support/observed-host.js';
import { PASSWORD } from './support/stage.js';

/** The host's users as a service that knows nothing of Tokenward's counters; it writes down what it is asked. */
class Elsewhere extends UserDirectory {
  readonly asked: string[] = [];
  constructor(private readonly people: UserDirectory) {
    super();
  }
  findByEmail(email: string) {
    this.asked.push('by email');
    return this.people.findByEmail(email).then(bare);
  }
  findById(id: string) {
    this.asked.push('by id');
    return this.people.findById(id).then(bare);
  }
  replacePasswordHash(id: string, expected: string, next: string) {
    this.asked.push('replace');
    return this.people.replacePasswordHash(id, expected, next);
  }
}
const bare = (found: LoginCandidate | undefined): LoginCandidate | undefined =>
  found && { account: found.account, passwordHash: found.passwordHash };

/** Counted, not timed: what one password costs the user directory. */
describe('for each password, the directory is asked', () => {
  let database: HostDatabase;
  let host: ObservedHost;
  let client: HttpClient;
  let email: string;
  const logIn = () => host.logIn(client, email);
  const reauthenticate = () => client.post('/auth/reauthenticate', { password: PASSWORD });
  const change = () =>
    client.post('/auth/password', {
      currentPassword: PASSWORD,
      newPassword: 'another river at dusk',
    });

  beforeAll(async () => {
    database = await hostDatabase();
  }, 60_000);
  afterAll(() => database.drop());
  beforeEach(() => {
    client = host.client();
  });
  async function succeeds(...calls: (() => ReturnType<HttpClient['post']>)[]): Promise<void> {
    for (const call of calls) expect((await call()).status).toBe(200);
  }

  describe('where the users are in the database', () => {
    let queries: jest.SpiedFunction<pg.Client['query']>;
    beforeAll(async () => {
      host = await startObservedHost(database);
    }, 60_000);
    afterAll(() => host.close());
    beforeEach(async () => {
      ({ email } = await host.add());
      queries = jest.spyOn(pg.Client.prototype, 'query');
    });
    afterEach(() => queries.mockRestore());

    /** Look-ups of a person: an `update` that joins the table is part of the session's own statement. */
    const lookUps = (): number => {
      const calls: readonly unknown[][] = queries.mock.calls;
      const texts = calls.map(([query]) =>
        typeof query === 'string' ? query : (query as { text: string }).text,
      );
      return texts.filter((text) => /^\s*select[\s\S]*"people"/.test(text)).length;
    };

    it.each([
      ['a login', logIn],
      ['a reauthentication', reauthenticate],
      ['a password change', change],
    ])('once: %s', async (_name, call) => {
      if (call !== logIn) await succeeds(logIn);
      queries.mockClear();
      await succeeds(call);
      expect(lookUps()).toBe(1);
    });
  });

  describe('where they are elsewhere', () => {
    let directory: Elsewhere;
    beforeAll(async () => {
      const { users } = drizzleStorage(database.db, { users: PEOPLE });
      if (!users) throw new Error('there are no users');
      directory = new Elsewhere(users);
      host = await startObservedHost(database, {
        storage: drizzleStorage(database.db),
        users: directory,
      });
      // what it brings is learned from its first answer
      ({ email } = await host.add());
      await host.logIn(host.client(), email);
    }, 60_000);
    afterAll(() => host.close());
    beforeEach(async () => {
      ({ email } = await host.add());
      directory.asked.length = 0;
    });

    // the counters have to be read before the hash, and by an id
    it('twice for a login, because the user’s id is not known before', async () => {
      await succeeds(logIn);
      expect(directory.asked).toEqual(['by email', 'by id']);
    });

    it.each([
      ['a reauthentication', reauthenticate, ['by id']],
      ['a password change', change, ['by id', 'replace']],
    ])('once: %s', async (_name, call, asked) => {
      await succeeds(logIn);
      directory.asked.length = 0;
      await succeeds(call);
      expect(directory.asked).toEqual(asked);
    });
  });
});
