import { type AuthClient, type AuthClientOptions, createAuthClient } from '@tokenward/client';
import { provingFetch } from './dpop-fetch.js';
import { browserKeys, type KeyPlace, memoryKeys } from './dpop-keys.js';
import { isBrowser } from './places.js';
import { absolute, globalFetch } from './requests.js';

export type { KeyPlace } from './dpop-keys.js';
export type { ProofKey, PublicJwk } from './dpop-proof.js';

export interface DpopClientOptions extends AuthClientOptions {
  /** `cookie` is not possible, because browsers bind cookies themselves (`deviceBound` of the server). */
  readonly transport: 'hybrid' | 'bearer';
  /** Default: IndexedDB if tabs share the session, otherwise memory. */
  readonly keys?: KeyPlace;
}

export interface DpopClient extends AuthClient {
  /**
   * A request with a proof, for a sign-in route of your own: `loginWith(() => client.fetchProved('/my-sign-in', …))`.
   */
  readonly fetchProved: typeof fetch;
  /**
   * A proof to send by hand: in the header `DPoP`, or in the first message of a socket (`GET`, its URL). It works
   * once. Undefined if the access token is not bound.
   */
  proofFor(method: string, url: string | URL, token?: string): Promise<string | undefined>;
}

/**
 * A client whose tokens are useless without its key (RFC 9449). It creates an ES256 key that cannot be exported,
 * keeps it as long as the session, and proves each sign-in, refresh and request with it. Sessions that the server
 * does not bind work without it.
 */
export function createDpopClient({ keys, ...options }: DpopClientOptions): DpopClient {
  const { transport, baseUrl = '', prefix = 'auth', store, fetch: given } = options;
  if (String(transport) === 'cookie')
    throw new TypeError(
      'transport: must be hybrid|bearer: cookies are bound by deviceBound of the server',
    );
  const authUrl = absolute(`${baseUrl.replace(/\/+$/, '')}/${prefix}/`);
  const isShared = isBrowser() && (transport === 'hybrid' || store !== undefined);
  const place = keys ?? (isShared ? browserKeys(`tokenward:${authUrl}:dpop`) : memoryKeys());
  const proving = provingFetch(authUrl, place, given ?? globalFetch);
  const client = createAuthClient({ ...options, fetch: proving.fetch });
  client.on('signedIn', proving.reload);
  client.on('restored', proving.reload);
  client.on('signedOut', proving.dropKey);
  return { ...client, fetchProved: proving.fetchProved, proofFor: proving.proofFor };
}
