import type { TokenDelivery } from '../../auth/src/contract/index.js';
import type { TokenStore } from './token-store.js';

export interface AuthClientOptions {
  /** Where the API is, without a slash at the end. Default: the page's own origin. */
  readonly baseUrl?: string;
  /** The AuthController's prefix. Default `auth`. */
  readonly prefix?: string;
  /** Default `cookie`; `bearer` where there are no cookies (React Native, Node). */
  readonly transport?: TokenDelivery;
  /** Keeps the refresh token of `bearer` clients. Default: memory alone. */
  readonly store?: TokenStore;
  /** Refresh that many milliseconds before the access token expires. Default 60,000; 0 refreshes only on 401. */
  readonly refreshAheadMs?: number;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  /** The call rejects with its reason. What was sent may still have been done. */
  readonly signal?: AbortSignal;
}
