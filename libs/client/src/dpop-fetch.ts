import { absolute } from './requests.js';
import type { KeyPlace } from './dpop-keys.js';
import { boundKeyOf, makeProof, type ProofKey, sha256, thumbprint } from './dpop-proof.js';

/** The clock is corrected when it is off by more than this, which is longer than an answer takes. */
const CLOCK_MS = 10_000;
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

interface Held {
  readonly key: ProofKey;
  readonly id: string;
}

/** Adds proofs by the key of the session (RFC 9449), only to requests to the API. */
export function provingFetch(authUrl: string, keys: KeyPlace, send: typeof fetch): ProvingFetch {
  const digest = keys.sha256 ?? sha256;
  const nonces = new Map<string, string>();
  let clockMs = 0;
  let held: Promise<Held> | undefined;
  /** An encrypted token does not show whether it is bound. */
  let bearer: string | undefined;
  let mayBeOver = false;

  async function load(): Promise<Held> {
    const key = await keys.load();
    return { key, id: await thumbprint(key.jwk, digest) };
  }
  function keep(loading: Promise<Held>): Promise<Held> {
    held = loading;
    // a store that failed is asked again
    loading.catch(() => {
      if (held === loading) held = undefined;
    });
    return loading;
  }
  const current = (): Promise<Held> => held ?? keep(load());

  async function drop(): Promise<void> {
    const removed = held?.then(({ key }) => keys.remove(key)).catch(() => undefined);
    // the next sign-in waits for it
    if (removed) await keep(removed.then(load)).catch(() => undefined);
  }

  async function prove(method: string, url: string, token?: string): Promise<string> {
    const { key } = await current();
    const nonce = nonces.get(originOf(url));
    return makeProof(key, { method, url, nowMs: Date.now() + clockMs, token, nonce }, digest);
  }

  async function isBound(token: string): Promise<boolean> {
    if (token.split('.').length !== 3) return token !== bearer;
    const jkt = boundKeyOf(token);
    return jkt !== undefined && jkt === (await current()).id;
  }

  /**
   * Learns from the refusal of a proof (nonce, clock). Returns whether another try makes sense, once for each reason.
   */
  function learn(url: string, response: Response, learnt: Set<string>): boolean {
    const { headers, status } = response;
    const nonce = headers.get('dpop-nonce');
    if (nonce !== null) nonces.set(originOf(url), nonce);
    const offMs = Date.parse(headers.get('date') ?? '') - Date.now();
    const wasWrong = Math.abs(offMs - clockMs) > CLOCK_MS;
    const isRefusal = status === 400 || status === 401;
    // the date of a cached answer says nothing about the clock
    if (wasWrong && (isRefusal || url.startsWith(authUrl))) clockMs = offMs;
    if (!isRefusal) return false;
    const challenge = headers.get('www-authenticate') ?? '';
    const isBad = challenge.includes('invalid_dpop_proof');
    // a browser or a proxy may send the same bytes again after a lost answer: the proof is then refused
    // as used, though the key is right
    const again = url === `${authUrl}refresh` && 'again';
    const kind =
      nonce !== null && !challenge.includes('invalid_')
        ? 'nonce'
        : isBad && (wasWrong ? 'clock' : again);
    if (!kind || learnt.has(kind)) return false;
    learnt.add(kind);
    return true;
  }

  async function sendProved(
    input: string | URL | Request,
    init: RequestInit | undefined,
    token: string | undefined,
  ): Promise<Response> {
    const request = input instanceof Request ? input : undefined;
    const url = urlOf(input);
    const method = init?.method ?? request?.method ?? 'GET';
    const headers = new Headers(init?.headers ?? request?.headers);
    if (token !== undefined) headers.set('authorization', `DPoP ${token}`);
    const learnt = new Set<string>();
    for (;;) {
      headers.set('dpop', await prove(method, url, token));
      const response = await send(request?.clone() ?? input, { ...init, headers });
      if (!learn(url, response, learnt)) return response;
      await response.body?.cancel();
    }
  }

  /** Removes a key whose session ended by a sign-out that this client did not learn of. */
  async function beforeAuth(path: string, hasToken: boolean): Promise<void> {
    if (mayBeOver && !hasToken && path !== 'refresh' && path !== 'login/second-factor') {
      mayBeOver = false;
      await drop();
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
      held = undefined;
    },
    dropKey() {
      mayBeOver = false;
      void drop();
    },
  };
}

const urlOf = (input: string | URL | Request): string =>
  input instanceof Request ? input.url : absolute(String(input));

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

/** React Native's URL has no `origin`. */
const originOf = (url: string): string =>
  (/^\w+:\/\/[^/?#]+/.exec(url)?.[0] ?? '').replace(/^ws/i, 'http').toLowerCase();
