import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService, PasswordHasher } from '@tokenward/nestjs';
import { AuthMetrics } from '@tokenward/nestjs/observe';
import { LiveSockets } from '@tokenward/nestjs/ws';
import { calculateThumbprint } from 'dpop';
import { type DpopClient, dpopClient } from './support/dpop-client.js';
import {
  ALGS,
  BEARER,
  type DpopHost,
  type DpopHosts,
  dpopHosts,
  expectRefused,
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
}, 60_000);
afterAll(() => close());

describe.each(['express', 'fastify'] as const)(
  'a session that is bound to a key of its client, on %s',
  (adapter) => {
    let shop: DpopHost;
    let owner: DpopClient;
    let thief: DpopClient;
    let grant: Grant;
    beforeAll(async () => {
      shop = await host({ dpop: 'offer', redis: connect() }, adapter);
      const secret = await shop.app.get(PasswordHasher).hash(USER.password);
      await database.db.insert(people).values({ mail: USER.email, secret }).onConflictDoNothing();
      [owner, thief] = await Promise.all([dpopClient(), dpopClient()]);
      grant = await signIn(owner, shop);
      await signIn(thief, shop);
    });

    // T-dpb2
    it('shows it: token type, cnf, me, list, @RequireBound, event', async () => {
      const key = await calculateThumbprint(owner.keys.publicKey);
      expect(grant.tokenType).toBe('DPoP');
      expect(claimsOf(grant.accessToken)).toMatchObject({ cnf: { jkt: key }, bound: 'dpop' });
      const get = (path: string) =>
        owner.call('GET', shop.url + path, { token: grant.accessToken });
      expect((await get('/thing')).json()).toMatchObject({ bound: 'dpop' });
      expect((await get('/bound')).status).toBe(200);
      expect((await get('/auth/me')).json()).toMatchObject({ bound: 'dpop' });
      const sessions = (await get('/auth/sessions')).json<Record<string, unknown>[]>();
      expect(sessions.find(({ current }) => current)).toMatchObject({ bound: 'dpop' });
      const sessionId = claimsOf(grant.accessToken)['sid'];
      expect(shop.events.filter(({ type }) => type === 'device.bound')).toContainEqual(
        expect.objectContaining({ sessionId }),
      );
      const two = await owner.call('POST', `${shop.url}/thing`, { token: grant.accessToken });
      expect(two.status).toBe(201);
    });

    // T-dpb3
    it('has an access token that is useless without the key', async () => {
      const url = `${shop.url}/thing`;
      const { accessToken: token } = grant;
      const others = (await signIn(owner, shop)).accessToken;
      const proof = (method = 'GET', at = url, of = token) => owner.proofFor(method, at, of);
      const used = await proof();
      expect((await owner.call('GET', url, { token, proof: used })).status).toBe(200);
      const cases: [string, Parameters<DpopClient['call']>[2], string?][] = [
        ['as Bearer', { scheme: 'Bearer' }, 'invalid_token'],
        ['as Bearer, with no proof', { scheme: 'Bearer', proof: 'none' }, 'invalid_token'],
        ['in the cookie', { scheme: 'cookie' }, 'invalid_token'],
        ['with no proof', { proof: 'none' }],
        ['with a proof of another method', { proof: await proof('POST') }],
        ['with a proof of another path', { proof: await proof('GET', `${shop.url}/bound`) }],
        [
          'with a proof of another host',
          { proof: await proof('GET', 'https://elsewhere.example/thing') },
        ],
        ['with a proof for another token', { proof: await proof('GET', url, others) }],
        ['with a proof for no token', { proof: await owner.proofFor('GET', url) }],
        ['with a proof that was used', { proof: used }],
        ['with two proofs', { proof: [await proof(), await proof()] }],
        ['with what is not a proof', { proof: 'junk' }],
      ];
      for (const [name, call, error = 'invalid_dpop_proof'] of cases) {
        const answer = await owner.call('GET', url, { token, ...call });
        expect([name, answer.status]).toEqual([name, 401]);
        expectRefused(answer, error);
      }
      shop.events.length = 0;
      expectRefused(await thief.call('GET', url, { token }), 'invalid_dpop_proof');
      expect(shop.events.filter(({ type }) => type === 'device.refused')).toMatchObject([
        { severity: 'high' },
      ]);
      const { sub: userId, sid: sessionId } = claimsOf(token);
      expect(shop.alerts).toMatchObject([{ type: 'device.refused', userId, sessionId }]);
      const counted = shop.app
        .get(AuthMetrics, { strict: false })
        .read()
        .find(({ metric }) => metric.name === 'tokenward.proofs')
        ?.samples.map(({ attributes, value }) => [attributes['outcome'], value]);
      expect(counted).toEqual(
        expect.arrayContaining([
          ['proof_by_another_key', 1],
          ['proof_replayed', 1],
          ['proof_method', 1],
          ['proof_uri', 2],
          ['proved', expect.any(Number)],
        ]),
      );
      expect((await owner.call('GET', url, { token })).status).toBe(200);
    });

    // T-dpb4
    it('can be refreshed only with its key, and a stolen refresh token ends no session', async () => {
      shop.events.length = 0;
      const none = await refresh(owner, shop, grant.refreshToken, { proof: 'none' });
      expect([none.status, none.json()['code']]).toEqual([403, 'device_required']);
      const other = await refresh(thief, shop, grant.refreshToken);
      expect([other.status, other.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
      expect(other.headers['www-authenticate']).toBe(`DPoP error="invalid_dpop_proof", ${ALGS}`);
      expect(shop.events.map(({ type }) => type)).toContain('device.refused');
      const next = (await refresh(owner, shop, grant.refreshToken)).json<Grant>();
      expect(next.tokenType).toBe('DPoP');
      // spent, and the thief still ends nothing with it
      expect((await refresh(thief, shop, grant.refreshToken)).status).toBe(400);
      expect(
        (await owner.call('GET', `${shop.url}/thing`, { token: next.accessToken })).status,
      ).toBe(200);
      grant = next;
      const spent = await refresh(
        owner,
        shop,
        (await refresh(owner, shop, next.refreshToken)).json<Grant>().refreshToken,
      );
      expect(spent.status).toBe(200);
      grant = spent.json<Grant>();
    });

    // T-dpb5
    it('is not opened unbound when the proof is bad: 400 before the password is looked at', async () => {
      shop.events.length = 0;
      const bad = await owner.call('POST', `${shop.url}/auth/login`, {
        json: BEARER,
        proof: 'junk',
      });
      expect([bad.status, bad.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
      const wrong = { ...BEARER, password: 'not the passphrase' };
      expect(
        (await owner.call('POST', `${shop.url}/auth/login`, { json: wrong, proof: 'junk' })).status,
      ).toBe(400);
      expect(shop.events).toEqual([]);
    });

    // T-dpb6
    it('does not change unbound sessions: the scheme DPoP is refused for a bearer token', async () => {
      const login = await httpClient(shop.url).post('/auth/login', BEARER);
      const { tokenType, accessToken: token, refreshToken } = login.json<Grant>();
      expect(tokenType).toBe('Bearer');
      expect(
        (
          await owner.call('GET', `${shop.url}/thing`, { token, scheme: 'Bearer', proof: 'none' })
        ).json(),
      ).toMatchObject({ bound: null });
      const bound = await owner.call('GET', `${shop.url}/bound`, {
        token,
        scheme: 'Bearer',
        proof: 'none',
      });
      expect([bound.status, bound.json()['code']]).toEqual([403, 'device_required']);
      expectRefused(await owner.call('GET', `${shop.url}/thing`, { token }), 'invalid_token');
      expect((await refresh(owner, shop, refreshToken)).status).toBe(200);
    });

    // T-dpb7
    it('is proved in a socket by the first message, not by a cookie or a token alone', async () => {
      const sockets = shop.app.get(LiveSockets, { strict: false });
      const [token, { host: name }] = [grant.accessToken, new URL(shop.url)];
      const open = async (headers = {}) => {
        const client = {};
        const endings: number[] = [];
        const handshake = { headers: { host: name, ...headers }, url: '/events', method: 'GET' };
        await sockets.open(client, handshake, ({ code }) => void endings.push(code));
        return { client, endings };
      };
      const proof = await owner.proofFor('GET', `ws://${name}/events`, token);
      const good = await open();
      expect(await sockets.present(good.client, token, proof)).toBe('authenticated');
      expect(sockets.principalOf(good.client)).toMatchObject({ bound: 'dpop' });
      sockets.closed(good.client);
      const wrong = await owner.proofFor('GET', `ws://${name}/other`, token);
      for (const given of [undefined, proof, wrong, 'junk', 7]) {
        const { client, endings } = await open();
        expect(await sockets.present(client, token, given)).toBe('closed');
        expect(endings).toEqual([4401]);
      }
      expect((await open({ cookie: `access_token=${token}` })).endings).toEqual([4401]);
    });
  },
);

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
