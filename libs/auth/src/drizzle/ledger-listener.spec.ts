import { expect, it } from '@jest/globals';
import pg from 'pg';
import { testPool } from '../../../../test/support/databases.js';
import { tcpProxy } from '../../../../test/support/proxy.js';
import { until } from '../../../../test/support/until.js';
import { listen } from './ledger-listener.js';

// T-w4kz
it('a server that takes the connection and does not answer LISTEN is left for another one', async () => {
  const proxy = await tcpProxy(process.env['TEST_DATABASE_URL'] ?? '');
  let connections = 0;
  class StrandedFirst extends pg.Client {
    override async connect(): Promise<pg.Client> {
      await super.connect();
      connections += 1;
      if (connections === 1) proxy.strand();
      return this;
    }
  }
  const pool = Object.assign(testPool({ connectionString: proxy.url }), { Client: StrandedFirst });
  let wakes = 0;
  const listening = listen(pool, () => (wakes += 1));
  try {
    await until(() => wakes > 0, 10_000);
    expect(connections).toBe(2);
  } finally {
    await (
      await listening
    )();
    await pool.end();
    await proxy.close();
  }
});
