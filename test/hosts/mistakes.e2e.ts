import { Logger, Module } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthModule } from '@tokenward/nestjs';
import { type HostDatabase, hostDatabase, hostOptions, startHost } from '../support/host-app.js';

const CREDENTIALS = { email: 'ada@example.com', password: 'a long enough passphrase' };

let database: HostDatabase;
let logged: string[];
beforeEach(async () => {
  database = await hostDatabase();
  logged = [];
});
afterEach(() => database.drop());

/** The answer to a login of a host, after something of the host's broke under it. */
async function logInAfter(breaks: string, changes: Parameters<typeof hostOptions>[1] = {}) {
  @Module({
    imports: [
      AuthModule.forRoot({ ...hostOptions(database, changes), routes: { register: true } }),
    ],
  })
  class Host {}
  const host = await startHost(Host);
  try {
    const registered = await host.client().post('/auth/register', CREDENTIALS);
    if (breaks) expect(registered.status).toBe(201);
    const note = (...words: unknown[]): void => void logged.push(words.map(String).join(' '));
    Logger.overrideLogger({ log: note, warn: note, error: note, fatal: note });
    if (breaks) await database.pool.query(breaks);
    return await host.client().post('/auth/login', CREDENTIALS);
  } finally {
    await host.close();
    Logger.overrideLogger(false);
  }
}

const PRIVATE = /people|auth_|pw|42|undefined|hunter|column|relation|Directory/;

describe('a mistake of the host at run time', () => {
  // T-fh7q
  it.each([
    [
      'a column that went',
      'alter table people rename column pw to gone',
      /42703 .*pw.*; run `tokenward migrate`/,
    ],
    [
      'a table that went',
      'alter table auth_sessions rename to gone',
      /42P01 .*auth_sessions.*; run `tokenward migrate`/,
    ],
  ])('%s is 503, and the log names it with its cure', async (_name, breaks, words) => {
    const answer = await logInAfter(breaks);
    expect(answer.status).toBe(503);
    expect(answer.text).not.toMatch(PRIVATE);
    expect(logged.join('\n')).toMatch(words);
  });

  it('a TypeError in its UserDirectory is 503, and the log has its stack', async () => {
    class People {
      findByEmail(): Promise<undefined> {
        const row = undefined as unknown as { hunter: string };
        return Promise.resolve(row.hunter) as unknown as Promise<undefined>;
      }
      findById = () => Promise.resolve(undefined);
      replacePasswordHash = () => Promise.resolve(false);
    }
    const answer = await logInAfter('', { users: new People() });
    expect(answer.status).toBe(503);
    expect(answer.text).not.toMatch(PRIVATE);
    expect(logged.join('\n')).toMatch(/a mistake in People, the host's user directory: .*hunter/);
    expect(logged.join('\n')).toMatch(/at People\..*mistakes\.e2e\.ts/);
  });
});
