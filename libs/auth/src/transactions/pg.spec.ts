import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { pgWork } from './pg.js';

describe('pgWork', () => {
  it('survives the loss of its connection during the work, and releases the client as broken', async () => {
    const release = jest.fn();
    const query = () => Promise.resolve({ command: 'COMMIT', rows: [] });
    const client = Object.assign(new EventEmitter(), { query, release });
    const pool = { connect: () => Promise.resolve(client) } as unknown as Pool;
    const lost = new Error('terminating connection due to administrator command');
    const work = pgWork(pool, () => Promise.resolve(void client.emit('error', lost)));
    await work.run(() => Promise.resolve());
    expect(release).toHaveBeenCalledWith(lost);
    expect(client.listenerCount('error')).toBe(0);
  });
});
