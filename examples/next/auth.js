import { serverAuth } from '@tokenward/client/server';

/** One per process. The API has `cookies.refreshPath: '/'`, so that each page request carries the refresh token. */
export const authOf = serverAuth({ apiUrl: process.env.API_URL ?? 'http://127.0.0.1:3000' });
