import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '@tokenward/nestjs';
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
  refresh,
  signIn,
  USER,
} from './support/dpop-hosts.js';
import { people } from './support/host-app.js';
import { httpClient } from './support/http.js';
import { claimsOf } from './support/stage.js';

let database: DpopHosts['database'];
let connect: DpopHosts['connect'];
let host: DpopHosts['host'];
let close: DpopHosts['close'];
beforeAll(async () => {
  ({ database, connect, host, close } = await dpopHosts());
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
