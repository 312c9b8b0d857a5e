import type { HeldKey } from './dpop-held-key.js';
import { makeProof, type sha256 } from './dpop-proof.js';
import { absolute, discard } from './requests.js';

/** The clock is corrected when it is off by more than this, which is longer than an answer takes. */
const CLOCK_MS = 10_000;

/** Makes proofs, with the nonces and the clock that the answers of the servers have taught it. */
export interface Prover {
  prove(method: string, url: string, token?: string): Promise<string>;
  /**
   * Sends a request with a proof. After a refusal that another proof may mend (nonce, clock, the same bytes sent
   * twice) it tries again, once for each reason.
   */
  sendProved(
    input: string | URL | Request,
    init: RequestInit | undefined,
    token: string | undefined,
  ): Promise<Response>;
}

export function prover(
  authUrl: string,
  held: HeldKey,
  digest: typeof sha256,
  send: typeof fetch,
): Prover {
  const nonces = new Map<string, string>();
  let clockMs = 0;

  async function prove(method: string, url: string, token?: string): Promise<string> {
    const { key } = await held.current();
    const nonce = nonces.get(originOf(url));
    return makeProof(key, { method, url, nowMs: Date.now() + clockMs, token, nonce }, digest);
  }

  /** Returns whether another try makes sense. */
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

  return {
    prove,
    async sendProved(input, init, token) {
      const request = input instanceof Request ? input : undefined;
      const url = urlOf(input);
      const method = init?.method ?? request?.method ?? 'GET';
      const headers = new Headers(init?.headers ?? request?.headers);
      if (token !== undefined) headers.set('authorization', `DPoP ${token}`);
      const learnt = new Set<string>();
      for (;;) {
        headers.set('dpop', await prove(method, url, token));
        const given = { ...init, headers: Object.fromEntries(headers) };
        const response = await send(request?.clone() ?? input, given);
        if (!learn(url, response, learnt)) return response;
        discard(response);
      }
    },
  };
}

export const urlOf = (input: string | URL | Request): string =>
  input instanceof Request ? input.url : absolute(String(input));

/** React Native's URL has no `origin`. */
const originOf = (url: string): string =>
  (/^\w+:\/\/[^/?#]+/.exec(url)?.[0] ?? '').replace(/^ws/i, 'http').toLowerCase();
