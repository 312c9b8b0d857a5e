import { Pool } from 'pg';

/** The tutorial has its users in an array; here they are in a table. */
export const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
pool.on('error', () => undefined);
