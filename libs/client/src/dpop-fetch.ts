import type { KeyPlace } from './dpop-keys.js';
import { heldKey } from './dpop-held-key.js';
import { boundKeyOf, sha256 } from './dpop-proof.js';
import { prover, urlOf } from './dpop-prover.js';

const BEARER = /^bearer +/i;

export interface ProvingFetch {
  /** Sends the client's requests, with a proof if one is needed. */
  readonly fetch: typeof fetch;
  /** For a sign-in route of the host: sends a proof to any URL of the API. */
  readonly fetchProved: typeof fetch;
  /** The proof; undefined if the token does not need one. */
  proofFor(method: string, url: string | URL, token?: string): Promise<string | undefined>;
  /** Reads the key again, because another tab may have changed it. */
  reload(): void;
  /** Removes the key, because its session has ended. */
  dropKey(): void;
}

/** Adds proofs by the key of the session (RFC 9449), only to requests to the API. */
export function provingFetch(authUrl: string, keys: KeyPlace, send: typeof fetch): ProvingFetch {
  const digest = keys.sha256 ?? sha256;
  const held = heldKey(keys, digest);
  const { prove, sendProved } = prover(authUrl, held, digest, send);
  /** An encrypted token does not show whether it is bound. */
  let bearer: string | undefined;
  let mayBeOver = false;

  async function isBound(token: string): Promise<boolean> {
    if (token.split('.').length !== 3) return token !== bearer;
    const jkt = boundKeyOf(token);
    return jkt !== undefined && jkt === (await held.current()).id;
  }

  /** Removes a key whose session ended by a sign-out that this client did not learn of. */
  async function beforeAuth(path: string, hasToken: boolean): Promise<void> {
    if (mayBeOver && !hasToken && path !== 'refresh' && path !== 'login/second-factor') {
      mayBeOver = false;
      await held.drop();
    }
  }

  async function afterAuth(path: string, response: Response): Promise<Response> {
    if (response.ok) {
      const { tokenType, accessToken } = await bodyOf(response);
      if (accessToken !== undefined) bearer = tokenType === 'Bearer' ? accessToken : undefined;
    }
    if (path !== 'refresh') return response;
    const isLost = response.status === 401 || (await isOfAnotherKey(response));
    mayBeOver = isLost;
    // without its key the person must sign in again; the client takes only a 401 as the end of a session
    return isLost && response.status !== 401 ? asUnauthorized(response) : response;
  }

  return {
    async fetch(input, init) {
      const request = input instanceof Request ? input : undefined;
      const url = urlOf(input);
      const isPost = (init?.method ?? request?.method)?.toUpperCase() === 'POST';
      const credential = new Headers(init?.headers ?? request?.headers).get('authorization') ?? '';
      const given = BEARER.test(credential) ? credential.replace(BEARER, '') : undefined;
      const path = isPost && url.startsWith(authUrl) ? url.slice(authUrl.length) : undefined;
      if (path !== undefined) await beforeAuth(path, given !== undefined);
      const token = given !== undefined && (await isBound(given)) ? given : undefined;
      if (path === undefined && token === undefined) return send(input, init);
      const response = await sendProved(input, init, token);
      return path === undefined ? response : afterAuth(path, response);
    },
    fetchProved: (input, init) => sendProved(input, init, undefined),
    proofFor: async (method, url, token) =>
      token === undefined || (await isBound(token)) ? prove(method, urlOf(url), token) : undefined,
    reload() {
      mayBeOver = false;
      held.forget();
    },
    dropKey() {
      mayBeOver = false;
      void held.drop();
    },
  };
}

interface AuthBody {
  readonly tokenType?: string;
  readonly accessToken?: string;
  readonly code?: string;
  readonly message?: string;
}

async function bodyOf(response: Response): Promise<AuthBody> {
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as AuthBody | null | undefined;
  return body ?? {};
}

async function isOfAnotherKey(response: Response): Promise<boolean> {
  if (response.status !== 400 && response.status !== 403) return false;
  const { code, message } = await bodyOf(response);
  return code === 'device_required' || message === 'dpop: invalid_dpop_proof';
}

function asUnauthorized({ body, headers }: Response): Response {
  return new Response(body, { status: 401, headers });
}
