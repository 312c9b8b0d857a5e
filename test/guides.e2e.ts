import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  ADAPTERS,
  AUTHENTICATION_FAILED,
  bearer,
  claimsOf,
  REFUSED,
  refusalOf,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();

/**
 * What published guides tell a reader to try on a finished setup; each beside a control that shows the token was good
 * otherwise.
 */
describe.each(ADAPTERS)('the checks of the guides on %s', (adapter) => {
  let client: HttpClient;
  let accessToken: string;
  let refreshToken: string;
  beforeEach(async () => {
    client = stage.demos[adapter].client();
    const { answer } = await signUp(client, { transport: 'bearer' });
    ({ accessToken, refreshToken } = answer.json<{ accessToken: string; refreshToken: string }>());
    expect((await client.get('/me', bearer(accessToken))).status).toBe(200);
  });

  // T-rg26
  it('refuses a token whose alg is none', async () => {
    const header = Buffer.from(
      JSON.stringify({ alg: 'none', kid: 'stage-key', typ: 'at+jwt' }),
    ).toString('base64url');
    const [, payload, signature] = accessToken.split('.');

    for (const forged of [
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}`,
      `${header}.${payload}`,
    ])
      expect(refusalOf(await client.get('/me', bearer(forged)))).toEqual(REFUSED);
  });

  it('refuses a token that has expired', async () => {
    const claims = claimsOf(accessToken);
    const now = Math.floor(Date.now() / 1000);
    const expired = stage.signed({ ...claims, iat: now - 931, nbf: now - 931, exp: now - 31 });
    const control = stage.signed({ ...claims, iat: now - 890, nbf: now - 890, exp: now + 10 });

    expect(refusalOf(await client.get('/me', bearer(expired)))).toEqual(REFUSED);
    expect((await client.get('/me', bearer(control))).status).toBe(200);
  });

  // T-v46g
  it('refuses the second use of a refresh token', async () => {
    const first = await client.post('/auth/refresh', { refreshToken });
    expect(first.status).toBe(200);
    expect(first.json()['refreshToken']).not.toBe(refreshToken);

    const second = await client.post('/auth/refresh', { refreshToken });
    expect(second.status).toBe(401);
    expect(second.text).toBe(AUTHENTICATION_FAILED);
  });

  // T-fpqz
  it('refuses the old access token after logout', async () => {
    expect((await client.post('/auth/logout', undefined, bearer(accessToken))).status).toBe(204);

    expect(refusalOf(await client.get('/me', bearer(accessToken)))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh', { refreshToken })).status).toBe(401);
  });
});
