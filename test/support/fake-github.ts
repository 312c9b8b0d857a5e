import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What GitHub returns about the user who approves. */
export interface GitHubAccount {
  readonly user?: unknown;
  readonly emails?: unknown;
  /** The status of the two endpoints that return it. */
  readonly status?: number;
}

const SECRET = 'a client secret of the fake GitHub';

/**
 * The three endpoints of GitHub's OAuth, as on an Enterprise Server, on loopback. It enforces PKCE and single use of a
 * code.
 */
export async function fakeGitHub() {
  const codes = new Map<
    string,
    { readonly request: URLSearchParams; readonly account: GitHubAccount }
  >();
  const tokens = new Map<string, GitHubAccount>();
  const server = createServer((request, response) => {
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      const account = tokens.get(authorization.replace(/^Bearer /, ''));
      if (request.url === '/login/oauth/access_token')
        return json(tokenFor(new URLSearchParams(text)));
      if (!account) return json({ message: 'Bad credentials' }, 401);
      const { user, emails, status = 200 } = account;
      if (request.url === '/api/v3/user') return json(user, status);
      return request.url === '/api/v3/user/emails' ? json(emails, status) : json({}, 404);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  /** Refusals have status 200, as GitHub's do. */
  function tokenFor(body: URLSearchParams): object {
    const grant = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    const fits =
      grant?.request.get('code_challenge') === challenge &&
      grant?.request.get('redirect_uri') === body.get('redirect_uri') &&
      body.get('client_secret') === SECRET;
    if (!grant || !fits) return { error: 'bad_verification_code' };
    const accessToken = randomUUID();
    tokens.set(accessToken, grant.account);
    return { access_token: accessToken, token_type: 'bearer', scope: 'read:user,user:email' };
  }

  return {
    url,
    clientId: 'a client',
    clientSecret: SECRET,
    /** The URL to which the user's browser is redirected. */
    approve(location: string, account: GitHubAccount): string {
      const request = new URL(location).searchParams;
      const code = randomUUID();
      codes.set(code, { request, account });
      const back = new URL(request.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ code, state: request.get('state') ?? '' }).toString();
      return back.pathname + back.search;
    },
    close: () => new Promise((done) => server.close(done)),
  };
}
