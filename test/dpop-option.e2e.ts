import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService, PasswordHasher } from '@tokenward/nestjs';
import { calculateThumbprint } from 'dpop';
import { dpopClient } from './support/dpop-client.js';
import {
  ALGS,
  BEARER,
  type DpopHosts,
  dpopHosts,
  type Grant,
  NotedUses,
  refresh,
  signIn,
  USER,
} from './support/dpop-hosts.js';
import { people } from './support/host-app.js';
import { type HttpAnswer, httpClient } from './support/http.js';
import { AUTHENTICATION_FAILED, claimsOf, cookieShapes } from './support/stage.js';

let database: DpopHosts['database'];
let clients: DpopHosts['clients'];
let connect: DpopHosts['connect'];
let host: DpopHosts['host'];
let close: DpopHosts['close'];
beforeAll(async () => {
  ({ database, clients, connect, host, close } = await dpopHosts());
  const secret = await (await host()).app.get(PasswordHasher).hash(USER.password);
  await database.db.insert(people).values({ mail: USER.email, secret });
}, 60_000);
afterAll(() => close());

describe('the option dpop', () => {
  // T-dpb8
  it('require: no unbound session of hybrid and bearer opens, and cookie sessions are not affected', async () => {
    const shop = await host({ dpop: 'require', redis: connect() });
    const login = (json: object) => httpClient(shop.url).post('/auth/login', json);
    for (const transport of ['bearer', 'hybrid']) {
      const answer = await login({ ...USER, transport });
      expect([answer.status, answer.json()['code']]).toEqual([403, 'device_required']);
      // the password is not looked at
      expect((await login({ ...USER, password: 'wrong one here', transport })).status).toBe(403);
    }
    expect((await login(USER)).status).toBe(200);
    // one that was opened before goes on
    const offering = await host({ dpop: 'offer', redis: connect() });
    const { refreshToken } = (await httpClient(offering.url).post('/auth/login', BEARER)).json<
      Grant & object
    >();
    const renewed = await httpClient(shop.url).post('/auth/refresh', { refreshToken });
    expect([renewed.status, renewed.json()['tokenType']]).toEqual([200, 'Bearer']);
    const owner = await dpopClient();
    const { tokenType, accessToken } = await signIn(owner, shop);
    expect(tokenType).toBe('DPoP');
    // the same for a session that the host opens
    const userId = String(claimsOf(accessToken)['sub']);
    const auth = shop.app.get(AuthService, { strict: false });
    const opening = { secondFactor: 'satisfied', transport: 'bearer' } as const;
    await expect(auth.openSession(userId, opening)).rejects.toMatchObject({
      code: 'device_required',
    });
    const client = { provedKey: await calculateThumbprint(owner.keys.publicKey) };
    const { grant } = await auth.openSession(userId, { ...opening, client });
    const thing = (scheme: 'DPoP' | 'Bearer') =>
      owner.call('GET', `${shop.url}/bound`, { token: grant.accessToken, scheme });
    expect([(await thing('DPoP')).status, (await thing('Bearer')).status]).toEqual([200, 401]);
  });

  // T-dpb9
  it('bind refresh: the access token is a bearer token, and the session knows the key', async () => {
    const shop = await host({ dpop: { bind: 'refresh' }, redis: connect() });
    const owner = await dpopClient();
    const grant = await signIn(owner, shop);
    expect(grant.tokenType).toBe('Bearer');
    expect(claimsOf(grant.accessToken)).not.toHaveProperty('cnf');
    const bearer = { token: grant.accessToken, scheme: 'Bearer', proof: 'none' } as const;
    expect((await owner.call('GET', `${shop.url}/bound`, bearer)).status).toBe(200);
    expect((await refresh(owner, shop, grant.refreshToken, { proof: 'none' })).status).toBe(403);
    expect((await refresh(owner, shop, grant.refreshToken)).status).toBe(200);
  });

  // T-dpc2
  it('off: proofs are not read, the scheme is free for the host, and no answer has an additional header', async () => {
    const shop = await host({ redis: connect() });
    const login = (headers = {}) => httpClient(shop.url).post('/auth/login', BEARER, { headers });
    const [plain, proved] = [await login(), await login({ dpop: 'junk' })];
    expect(proved.status).toBe(200);
    const offering = await host({ dpop: 'offer', redis: connect() });
    const offered = await httpClient(offering.url).post('/auth/login', BEARER);
    const shapeOf = (answer: HttpAnswer) => ({
      headers: Object.keys(answer.headers).sort(),
      cookies: cookieShapes(answer),
      members: Object.keys(answer.json()).sort(),
      tokenType: answer.json()['tokenType'],
      claims: Object.keys(
        claimsOf(answer.json<Grant & Record<string, unknown>>().accessToken),
      ).sort(),
    });
    expect(shapeOf(proved)).toEqual(shapeOf(plain));
    expect(shapeOf(offered)).toEqual(shapeOf(plain));
    const token = proved.json<Grant>().accessToken;
    const answer = await (await dpopClient()).call('GET', `${shop.url}/thing`, { token });
    expect([answer.text, answer.headers['www-authenticate']]).toEqual([
      AUTHENTICATION_FAILED,
      'Bearer',
    ]);
    expect(await clients.at(-1)?.keys('*dpop*used*')).toHaveLength(
      (await clients[0]?.keys('*dpop*used*'))?.length ?? 0,
    );
  });

  // T-dpc3
  it('without Redis asks each proof for a nonce of the process that it comes to', async () => {
    const [one, two] = await Promise.all([host({ dpop: 'offer' }), host({ dpop: 'offer' })]);
    const owner = await dpopClient();
    const first = await owner.call('POST', `${one.url}/auth/login`, {
      json: BEARER,
      proof: await owner.proofFor('POST', `${one.url}/auth/login`),
    });
    expect([first.status, first.json()['message']]).toEqual([400, 'dpop: use_dpop_nonce']);
    expect(first.headers['www-authenticate']).toBe(`DPoP error="use_dpop_nonce", ${ALGS}`);
    const [{ tokenType, accessToken: token }] = [
      await signIn(owner, one),
      await signIn(owner, two),
    ];
    expect(tokenType).toBe('DPoP');
    const proof = await owner.proofFor('GET', `${one.url}/thing`, token);
    const statuses: unknown[] = [];
    for (let n = 0; n < 2; n++)
      statuses.push((await owner.call('GET', `${one.url}/thing`, { token, proof })).status);
    expect(statuses).toEqual([200, 401]);
  });

  // T-dpd2
  it('counts requests by account and sign-ins by key against the bounded memory', async () => {
    const replays = new NotedUses();
    const shop = await host({ dpop: 'offer', redis: { ...connect(), replays } });
    const owner = await dpopClient();
    const grant = await signIn(owner, shop);
    await owner.call('GET', `${shop.url}/thing`, { token: grant.accessToken });
    expect((await refresh(owner, shop, grant.refreshToken)).status).toBe(200);
    const key = await calculateThumbprint(owner.keys.publicKey);
    expect(replays.uses.map(({ holder }) => holder)).toEqual([
      key,
      claimsOf(grant.accessToken)['sub'],
      key,
    ]);
  });
});
