import { serverAuth } from '@tokenward/client/server';

/** One a process. The API has `cookies.refreshPath: '/'`, so that the refresh token comes with each page. */
export const authOf = serverAuth({ apiUrl: process.env.API_URL ?? 'http://127.0.0.1:3000' });
