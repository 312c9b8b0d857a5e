import { generateKeyPair, generateProof, type KeyPair } from 'dpop';
import { type HttpAnswer, httpClient } from './http.js';

export interface Call {
  readonly json?: unknown;
  readonly token?: string;
  /** Default `DPoP` with a token. */
  readonly scheme?: 'DPoP' | 'Bearer' | 'cookie';
  /** Default: a proof for this request by the client's own key. A text is sent unchanged. */
  readonly proof?: 'none' | string | readonly string[];
}

/** A client with a key, from the dpop package. It retries with a nonce as in RFC 9449, section 8. */
export async function dpopClient() {
  const keys: KeyPair = await generateKeyPair('ES256');
  const nonces = new Map<string, string>();

  const proofFor = (method: string, url: string, token?: string): Promise<string> =>
    generateProof(keys, url, method, nonces.get(new URL(url).origin.replace(/^ws/, 'http')), token);

  async function once(method: string, url: string, call: Call): Promise<HttpAnswer> {
    const { json, token, scheme = 'DPoP', proof = await proofFor(method, url, token) } = call;
    const { origin, pathname } = new URL(url);
    const headers = {
      ...(proof !== 'none' && { dpop: proof }),
      ...(token !== undefined &&
        (scheme === 'cookie'
          ? { cookie: `access_token=${token}` }
          : { authorization: `${scheme} ${token}` })),
    };
    const answer = await httpClient(origin).request(method, pathname, {
      json,
      headers,
      cookies: 'omit',
    });
    const nonce = answer.headers['dpop-nonce'];
    if (nonce !== undefined) nonces.set(origin, nonce);
    return answer;
  }

  return {
    keys,
    proofFor,
    call: async (method: string, url: string, call: Call = {}): Promise<HttpAnswer> => {
      const answer = await once(method, url, call);
      const isAsked = answer.headers['www-authenticate']?.includes('use_dpop_nonce');
      return isAsked && call.proof === undefined ? once(method, url, call) : answer;
    },
  };
}

export type DpopClient = Awaited<ReturnType<typeof dpopClient>>;
