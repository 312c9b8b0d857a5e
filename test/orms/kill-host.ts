// A process that is killed: one transaction of every library, held open at the point that the round names.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, AuthService, type HostTransaction } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { hostOptions, PEOPLE } from '../support/host-app.js';
import type { HostLibrary } from './host-library.js';
import { type FromHost, roleOf, type Round, type ToHost } from './kill-plan.js';
import { LIBRARIES } from './libraries.js';

const [, , url = ''] = process.argv;
const say = (message: FromHost): void => void process.send?.(message);
// this process must survive a killed server
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);
process.on('disconnect', () => process.exit());

const pool = new pg.Pool({ connectionString: url, max: 12 });
const storage = () => drizzleStorage(drizzle(pool), { users: PEOPLE, deadline: '10s' });
@Module({ imports: [AuthModule.forRoot(hostOptions({ storage }))] })
class Host {}
const app = await NestFactory.createApplicationContext(Host, {
  logger: false,
  abortOnError: false,
});
const auth = app.get(AuthService, { strict: false });
const libraries = new Map<string, HostLibrary>();
for (const [name, connect] of Object.entries(LIBRARIES)) libraries.set(name, await connect(url));

let release: () => void = () => undefined;
process.on('message', (message: ToHost) => {
  if (message.kind === 'go') return release();
  const held = new Promise<void>((resolve) => (release = resolve));
  for (const [name, library] of libraries)
    void change(name, library, message.round, held).then(
      () => say({ kind: 'settled', library: name, outcome: 'committed' }),
      () => say({ kind: 'settled', library: name, outcome: 'failed' }),
    );
});
say({ kind: 'ready' });

async function change(
  name: string,
  library: HostLibrary,
  { gate, way, users }: Round,
  held: Promise<void>,
): Promise<void> {
  const { id, next } = users[name] ?? { id: '', next: 0 };
  const at = async (place: Round['gate']): Promise<void> => {
    if (gate !== place) return;
    say({ kind: 'at', library: name });
    if (place !== 'committing') await held;
  };
  if (way === 'work') {
    const work = library.work(id, roleOf(next), async () => {
      await at('written');
      // it cannot be stopped between the two
      await at('changed');
      await at('committing');
    });
    return auth.changeUser(id, 'authorization', work);
  }
  await library.transaction(id, roleOf(next), async (tx: HostTransaction) => {
    await at('written');
    await (way === 'userChanged' ? auth.userChanged(tx, id) : auth.passwordChanged(tx, id));
    await at('changed');
    await at('committing');
  });
}
