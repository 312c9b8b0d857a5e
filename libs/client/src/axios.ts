import type { AuthClient } from './auth-client.js';

/** What `axios.create()` needs; axios 1.12 or newer (`env.fetch`). */
export interface AxiosTransport {
  readonly adapter: 'fetch';
  readonly env: { readonly fetch: AuthClient['fetch'] };
}

/**
 * Lets axios send through the client: the client adds the access token, refreshes silently and sends the request again.
 *
 * ```ts
 * const api = axios.create({ baseURL: '/api', ...axiosTransport(client) });
 * ```
 */
export function axiosTransport(client: AuthClient): AxiosTransport {
  return { adapter: 'fetch', env: { fetch: (input, init) => client.fetch(input, init) } };
}
