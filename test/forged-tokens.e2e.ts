import { createPrivateKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FORGED, type Forger, GOOD, stranger } from './support/forgeries.js';
import type { HttpClient } from './support/http.js';
import {
  ADAPTERS,
  bearer,
  REFUSED,
  refusalOf,
  STAGE_TIMEOUT_MS,
  type Stage,
  startStage,
} from './support/stage.js';
import { publicJwk } from './support/public-jwk.js';

let stage: Stage;
let forger: Forger;
/** Whatever a token names, nobody may come here. */
const trap = {
  visits: 0,
  server: createServer((_request, response) => {
    trap.visits += 1;
    response.end(
      JSON.stringify({
        keys: [{ ...publicJwk(stranger.publicKey), kid: 'mine', alg: 'RS256' }],
      }),
    );
  }),
};
beforeAll(async () => {
  stage = await startStage();
  await new Promise<void>((resolve) => trap.server.listen(0, '127.0.0.1', resolve));
  const trapUrl = `http://127.0.0.1:${String((trap.server.address() as AddressInfo).port)}/jwks.json`;
  const publishedJwks = (await stage.demos.express.client().get('/.well-known/jwks.json')).text;
  forger = {
    privateKey: createPrivateKey(stage.env['JWT_PRIVATE_KEY'] ?? ''),
    publishedJwks,
    trapUrl,
  };
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  trap.server.close();
  await stage?.close();
});

describe.each(ADAPTERS)('forged tokens on %s', (adapter) => {
  let client: HttpClient;
  beforeAll(() => {
    client = stage.demos[adapter].client();
  });

  // T-mdrs
  it.each(FORGED)(
    'refuses %s, in the header and in the cookie, to the byte like any other',
    async (_, forge) => {
      const token = forge(forger);
      expect(refusalOf(await client.get('/me', bearer(token)))).toEqual(REFUSED);
      const cookie = { headers: { cookie: `access_token=${token}` } };
      expect(refusalOf(await client.get('/me', cookie))).toEqual(REFUSED);
    },
  );

  // T-kb8k
  it('fetched nothing that a token named', () => {
    expect(trap.visits).toBe(0);
  });

  it.each(GOOD)('accepts %s', async (_, forge) => {
    expect((await client.get('/me', bearer(forge(forger)))).status).toBe(200);
  });
});
