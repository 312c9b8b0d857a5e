import type { TokenDelivery } from '../../auth/src/contract/index.js';
import type { TokenStore } from './token-store.js';

export interface AuthClientOptions {
  /** Where the API is, without a slash at the end. Default: the page's own origin. */
  readonly baseUrl?: string;
  /** The prefix of Tokenward's routes. Default `auth`. */
  readonly prefix?: string;
  /** Default `cookie`. Use `bearer` where there are no cookies (React Native, Node). */
  readonly transport?: TokenDelivery;
  /**
   * Keeps the refresh token of a `bearer` client. Default: memory. With `cookie` and `hybrid` it keeps only the key of
   * the refresh that is under way, in place of `localStorage`, which workers do not have.
   */
  readonly store?: TokenStore;
  /** How many milliseconds before its expiry the access token is refreshed. Default 60,000; 0 refreshes only on 401. */
  readonly refreshAheadMs?: number;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  /** When it aborts, the call rejects with its reason. The server may still have done what was asked. */
  readonly signal?: AbortSignal;
}
