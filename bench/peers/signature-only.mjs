// A guard that verifies the signature and nothing else: what no guard can do with less.
import { createPublicKey, verify } from 'node:crypto';
import { hostOf, injectable, listen } from '../support/nest.mjs';
import { accessToken } from '../support/tokens.mjs';

export async function serve(adapter, { keys }) {
  const key = createPublicKey(keys.publicPem);
  class SignatureGuard {
    canActivate(context) {
      const token = context
        .switchToHttp()
        .getRequest()
        .headers.authorization.slice('Bearer '.length);
      const end = token.lastIndexOf('.');
      return verify(
        'sha256',
        Buffer.from(token.slice(0, end)),
        key,
        Buffer.from(token.slice(end + 1), 'base64url'),
      );
    }
  }
  const { app, url } = await listen(hostOf({ guard: injectable(SignatureGuard) }), adapter);
  const headers = { authorization: `Bearer ${accessToken(keys, 'RS256')}` };
  return { url, headers, stop: () => app.close() };
}
