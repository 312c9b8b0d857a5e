import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** The user who signs in there, and changes that the test makes to the answer. */
export interface Approval {
  readonly sub?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** The answer of the userinfo endpoint, which is used if the id_token has no email. */
  readonly userinfo?: Readonly<Record<string, unknown>>;
  /** Claims that replace the right ones in the id_token; undefined omits a claim. */
  readonly claims?: JWTPayload;
  /** Signed by a key that the issuer never published. */
  readonly signedBy?: 'own' | 'stranger';
  readonly header?: { readonly alg?: string };
  /** Parameters that replace the right ones in the redirect; undefined omits one. */
  readonly answer?: Readonly<Record<string, string | undefined>>;
  /** Of the token endpoint. */
  readonly status?: number;
}

export interface LogoutForgery {
  readonly header?: { readonly alg?: string; readonly typ?: string };
  readonly signedBy?: 'own' | 'stranger';
}

interface IssuerState {
  down: boolean;
  /** How often its discovery document was requested. */
  looks: number;
  /** Additional members of that document. */
  metadata: Readonly<Record<string, unknown>>;
  /** Checks the client authentication. Default: the secret in a header. */
  takes?: (body: URLSearchParams) => Promise<boolean>;
}

interface Grant {
  readonly request: URLSearchParams;
  readonly approval: Approval;
}

const DISCOVERY = '/.well-known/openid-configuration';
const CLIENT = { id: 'tokenward', secret: 'a client secret of the fake issuer' };

/**
 * A small OpenID provider on loopback. A test can change each of its answers. It enforces PKCE, the redirect URI and
 * single use of a code.
 */
export async function fakeIssuer() {
  const [own, stranger] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }];
  const codes = new Map<string, Grant>();
  const told = new Map<string, Approval['userinfo']>();
  const asked: URLSearchParams[] = [];
  const state: IssuerState = { down: false, looks: 0, metadata: {} };
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === DISCOVERY) state.looks += 1;
    if (state.down) return void response.writeHead(503).end();
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (path === DISCOVERY) return json(response, { ...metadata, ...state.metadata });
    if (path === '/jwks') return json(response, { keys });
    if (path === '/userinfo')
      return json(response, told.get(request.headers.authorization ?? '') ?? {});
    const body = new URLSearchParams(await text(request));
    asked.push(body);
    const grant = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    const fits =
      grant?.request.get('redirect_uri') === body.get('redirect_uri') &&
      grant?.request.get('code_challenge') === challenge &&
      (state.takes ? await state.takes(body) : request.headers.authorization === basic());
    if (!grant || !fits) return json(response, { error: 'invalid_grant' }, 400);
    if (grant.approval.status !== undefined)
      return json(response, { error: 'server_error' }, grant.approval.status);
    const accessToken = randomUUID();
    told.set(`Bearer ${accessToken}`, grant.approval.userinfo);
    return json(response, {
      access_token: accessToken,
      token_type: 'Bearer',
      id_token: await sign(grant),
    });
  }

  async function sign({ request, approval }: Grant): Promise<string> {
    const { sub, email, emailVerified, claims, header = {}, signedBy = 'own' } = approval;
    const now = Math.floor(Date.now() / 1000);
    const payload = Object.entries({
      iss: issuer,
      aud: CLIENT.id,
      sub,
      iat: now,
      auth_time: now,
      exp: now + 300,
      nonce: request.get('nonce'),
      email,
      email_verified: emailVerified,
      ...claims,
    }).filter(([, value]) => value !== undefined);
    const protectedHeader = { alg: 'RS256', kid: 'k1', ...header };
    const key: CryptoKey = signedBy === 'own' ? own.privateKey : stranger.privateKey;
    if (protectedHeader.alg === 'none')
      return `${part(protectedHeader)}.${part(Object.fromEntries(payload))}.`;
    return new SignJWT(Object.fromEntries(payload)).setProtectedHeader(protectedHeader).sign(key);
  }

  function answerTo(location: string, approval: Approval): URL {
    const request = new URL(location).searchParams;
    const code = randomUUID();
    codes.set(code, { request, approval: { sub: randomUUID(), ...approval } });
    const back = new URL(request.get('redirect_uri') ?? '');
    const answered = { code, state: request.get('state') ?? '', iss: issuer, ...approval.answer };
    for (const [name, value] of Object.entries(answered))
      if (value !== undefined) back.searchParams.set(name, value);
    return back;
  }

  /** What the provider posts when a user has signed out there. */
  async function logoutToken(
    claims: JWTPayload = {},
    { header = {}, signedBy = 'own' }: LogoutForgery = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = Object.entries({
      iss: issuer,
      aud: CLIENT.id,
      iat: now,
      exp: now + 120,
      jti: randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...claims,
    }).filter(([, value]) => value !== undefined);
    const protectedHeader = { alg: 'RS256', kid: 'k1', typ: 'logout+jwt', ...header };
    if (protectedHeader.alg === 'none')
      return `${part(protectedHeader)}.${part(Object.fromEntries(payload))}.`;
    const key = signedBy === 'own' ? own.privateKey : stranger.privateKey;
    const secret = new TextEncoder().encode(CLIENT.secret);
    return new SignJWT(Object.fromEntries(payload))
      .setProtectedHeader(protectedHeader)
      .sign(protectedHeader.alg.startsWith('HS') ? secret : key);
  }

  return {
    issuer,
    logoutToken,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    /** The requests to the token endpoint. */
    asked,
    state,
    /** The URL to which the user's browser is redirected after the authorization request at `location`. */
    approve(location: string, approval: Approval = {}): string {
      const { pathname, search } = answerTo(location, approval);
      return pathname + search;
    },
    close: () => new Promise((done) => server.close(done)),
  };
}

export type FakeIssuer = Awaited<ReturnType<typeof fakeIssuer>>;

function basic(): string {
  const encoded = [CLIENT.id, CLIENT.secret].map((each) =>
    encodeURIComponent(each).replaceAll('%20', '+'),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
