import {
  base64url,
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  jwtVerify,
  type JWTPayload,
} from 'jose';
import { credentials } from './world.fixture.js';

export const BASE = 'https://api.test';
export const TEN_MINUTES_MS = 600_000;

interface Seen {
  readonly path: string;
  readonly authorization: string | null;
  readonly body: string;
  /** The claims of the proof. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: string;
}

/** A server that follows RFC 9449, as far as a client notices. It checks proofs with jose. */
export function fakeApi() {
  const seen: Seen[] = [];
  const jtis = new Set<unknown>();
  let sessionKey: string | undefined;
  let refreshToken = '';
  let access = '';
  let count = 0;
  const api = {
    seen,
    of: (path: string) => seen.filter((each) => each.path === path),
    mode: 'request' as 'request' | 'refresh' | 'encrypted',
    nonce: undefined as string | undefined,
    /** How far the server's clock is ahead of the client's. */
    aheadMs: 0,
    tellsDate: true,
    endSession: () => void (refreshToken = ''),
    expireAccess: () => void (access = 'none'),
    fetch,
  };
  const answer = (status: number, body: object = {}, headers: Record<string, string> = {}) => {
    const date = new Date(Date.now() + api.aheadMs).toUTCString();
    const all = { ...(api.tellsDate && { date }), ...headers };
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: all });
  };
  const refused = (status: number, error: string) =>
    answer(
      status,
      { message: status === 400 ? `dpop: ${error}` : 'Authentication failed' },
      {
        'www-authenticate': `DPoP error="${error}", algs="ES256"`,
        ...(error === 'use_dpop_nonce' && { 'dpop-nonce': api.nonce ?? '' }),
      },
    );
  const grant = () => {
    count += 1;
    refreshToken = `refresh-${String(count)}`;
    const jkt = api.mode === 'refresh' ? undefined : sessionKey;
    const payload = base64url.encode(JSON.stringify({ n: count, ...(jkt && { cnf: { jkt } }) }));
    access = api.mode === 'encrypted' ? `a.b.c.d.e${String(count)}` : `e30.${payload}.c2ln`;
    return {
      tokenType: api.mode === 'refresh' ? 'Bearer' : 'DPoP',
      expiresIn: 900,
      accessToken: access,
      refreshToken,
      device: 'd',
    };
  };
  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input as string, init);
    const { pathname: path } = new URL(request.url);
    const authorization = request.headers.get('authorization');
    const [proof, body] = [request.headers.get('dpop'), await request.text()];
    if (proof === null) {
      seen.push({ path, authorization, body });
      const isBearer = api.mode === 'refresh' && authorization === `Bearer ${access}`;
      if (isBearer && !path.startsWith('/auth/')) return answer(200, { body });
      return answer(authorization ? 401 : 200);
    }
    const currentDate = new Date(Date.now() + TEN_MINUTES_MS * 100);
    const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', currentDate });
    const { jwk } = decodeProtectedHeader(proof);
    const asked = { path, authorization, body, key: await calculateJwkThumbprint(jwk ?? {}) };
    seen.push({ ...asked, claims: payload });
    return refusalOf(payload, path.startsWith('/auth/') ? 400 : 401) ?? answerTo(asked);
  }

  /** Undefined: the proof is accepted, and spent. */
  function refusalOf(proof: JWTPayload, status: number): Response | undefined {
    const isOff = Math.abs((proof.iat ?? 0) * 1000 - Date.now() - api.aheadMs) > 90_000;
    if (isOff || jtis.has(proof.jti)) return refused(status, 'invalid_dpop_proof');
    if (api.nonce !== undefined && proof['nonce'] !== api.nonce)
      return refused(status, 'use_dpop_nonce');
    jtis.add(proof.jti);
    return undefined;
  }

  function answerTo({ path, authorization, body, key }: Seen): Response {
    const input = (body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, unknown>;
    switch (path) {
      case '/auth/login':
        if (input['password'] !== credentials.password)
          return answer(401, { code: 'login_refused' });
        sessionKey = key;
        return answer(200, { user: { id: 'u1' }, ...grant() });
      case '/auth/refresh':
        if (!refreshToken || input['refreshToken'] !== refreshToken) return answer(401);
        return key === sessionKey ? answer(200, grant()) : refused(400, 'invalid_dpop_proof');
      case '/auth/logout':
        refreshToken = '';
        return answer(204);
      default:
        return authorization === `DPoP ${access}` && key === sessionKey
          ? answer(200, { body })
          : answer(401);
    }
  }
  return api;
}
