import { pgTransaction, pgWork } from '@tokenward/nestjs/pg';
import pg from 'pg';
import type { Connect } from './host-library.js';
import { nothing } from './host-library.js';

type Client = Pick<pg.PoolClient, 'query'>;

export const nodePostgres: Connect = (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const write = (client: Client, userId: string, role: string) =>
    client.query('update people set kind = $1 where person_ref = $2', [role, userId]);
  const open = async (use: (client: Client) => Promise<void>): Promise<void> => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      await use(client);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  };
  return Promise.resolve({
    open: (use) => open((client) => use(pgTransaction(client))),
    transaction: (userId, role, use) =>
      open(async (client) => {
        await write(client, userId, role);
        await use(pgTransaction(client));
      }),
    notOpen: pgTransaction(pool),
    work: (userId, role, also = nothing) =>
      pgWork(pool, async (client) => {
        if (userId) await write(client, userId, role);
        await also();
      }),
    close: () => pool.end(),
  });
};
