import { serverAuth } from '@tokenward/client/server';

/**
 * One per process. The API has `cookies.refreshPath: '/'`, so that each page request carries the refresh token, and
 * `refreshToken.reuseLeeway: '10s'`, because the client of a tab may refresh at the same time.
 */
export const authOf = serverAuth({ apiUrl: process.env.API_URL ?? 'http://127.0.0.1:3000' });
