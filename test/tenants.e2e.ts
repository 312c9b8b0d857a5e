import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AuthenticateFlow } from '@tokenward/nestjs/verify';
import { LiveSockets } from '@tokenward/nestjs/ws';
import { decodeJwt } from 'jose';
import { at, forged, tenantHosts } from './support/tenant-hosts.js';
import { ACME, BASE, GLOBEX, SSO } from './support/tenants.js';

const { ask, auth, database, foreign, issuer, service, signedIn, statusAt, userOf } = tenantHosts();

// T-8c2x
it('an admin of a tenant can end only the sessions of its users', async () => {
  const { token } = await signedIn('acme', 'admin');
  const [own, another] = [await signedIn('acme'), await signedIn('globex')];
  const revoke = async (id: string) =>
    (await issuer().client().post(`/auth/users/${id}/revoke`, {}, at('acme.host.example', token)))
      .status;
  expect([await revoke(own.id), await revoke(another.id), await revoke(randomUUID())]).toEqual([
    204, 404, 404,
  ]);
  expect(await statusAt('globex.host.example', another.token)).toBe(200);
});

// T-m9hf
it('a user who moved into a tenant is refused at once by TokenVersionGuard', async () => {
  const { id, token } = await signedIn(null);
  expect(await statusAt('host.example', token, '/sure')).toBe(200);
  await database().pool.query("update people set org = 'acme' where person_ref = $1", [id]);
  expect(await statusAt('host.example', token, '/sure')).toBe(401);
});

describe.each(['the issuer', 'a service that only verifies'])('at %s', (where) => {
  const of = () => (where === 'the issuer' ? issuer() : service());

  // T-tn01
  it('a token is accepted in requests of its tenant, and 401 in those of another or none', async () => {
    const hosts = [
      'host.example',
      'acme.host.example',
      'globex.host.example',
      'initech.host.example',
    ];
    const table: [string | null, string, number[]][] = [
      ['acme', ACME, [401, 200, 401, 401]],
      ['globex', GLOBEX, [401, 401, 200, 401]],
      [null, BASE, [200, 401, 401, 401]],
    ];
    for (const [org, iss, expected] of table) {
      const { id, token } = await signedIn(org);
      expect(decodeJwt(token).iss).toBe(iss);
      // the second round is of remembered tokens
      for (const order of [hosts, [...hosts].reverse()]) {
        const seen = new Map<string, number>();
        for (const host of order) seen.set(host, await statusAt(host, token, '/things', of()));
        expect([org, hosts.map((host) => seen.get(host))]).toEqual([org, expected]);
      }
      const home = hosts[expected.indexOf(200)] ?? '';
      expect((await ask(home, token, '/things', of())).json()).toEqual({
        id,
        tenant: org,
        issuer: null,
      });
    }
  });

  // T-tn02
  it('an issuer of no tenant is refused, although the signature is right', async () => {
    const table: [unknown, string, number][] = [
      [ACME, 'acme.host.example', 200],
      ['https://initech.host.example', 'initech.host.example', 401],
      [`${ACME}/`, 'acme.host.example', 401],
      [ACME.toUpperCase(), 'acme.host.example', 401],
      [[ACME, GLOBEX], 'acme.host.example', 401],
      ['acme', 'acme.host.example', 401],
      ['__proto__', 'acme.host.example', 401],
    ];
    for (const [iss, host, expected] of table)
      expect([iss, await statusAt(host, await forged(iss), '/things', of())]).toEqual([
        iss,
        expected,
      ]);
  });

  it('if the function fails the answer is 503, its HttpException is the answer, and only a text is a tenant', async () => {
    const { token } = await signedIn('acme');
    const table: [string, number][] = [
      ['gone.host.example', 404],
      ['broken.host.example', 503],
      ['promise.host.example', 503],
      ['number.host.example', 503],
      // one address for all: by `iss` alone
      ['one.host.example', 200],
    ];
    for (const [host, expected] of table)
      expect([host, await statusAt(host, token, '/things', of())]).toEqual([host, expected]);
  });

  // T-tn03
  it('@TrustIssuers with a function accepts the tokens of the issuer that it chooses for the request', async () => {
    const [theirs, others] = await Promise.all([
      foreign().acme.sign({ iss: SSO.acme }),
      foreign().globex.sign({ iss: SSO.globex }),
    ]);
    const shared = (host: string, token: string) => statusAt(host, token, '/things/shared', of());
    for (let round = 0; round < 2; round++) {
      const seen = [];
      for (const host of ['acme.host.example', 'globex.host.example', 'host.example'])
        seen.push([await shared(host, theirs), await shared(host, others)]);
      expect(seen).toEqual([
        [200, 401],
        [401, 200],
        [401, 401],
      ]);
    }
    // signed by the other tenant's issuer
    expect(await shared('acme.host.example', await foreign().globex.sign({ iss: SSO.acme }))).toBe(
      401,
    );
    expect(await statusAt('acme.host.example', theirs, '/things', of())).toBe(401);
    const { token } = await signedIn('acme');
    expect(await shared('acme.host.example', token)).toBe(200);
    expect(await shared('globex.host.example', token)).toBe(401);
  });
});

describe('with an issuer for each tenant', () => {
  // T-tn04
  it('applies to Tokenward’s own routes and API keys too', async () => {
    const { id, token } = await signedIn('acme');
    expect(await statusAt('acme.host.example', token, '/auth/me')).toBe(200);
    expect(await statusAt('globex.host.example', token, '/auth/me')).toBe(401);
    const { key } = await auth().createApiKey(id, { name: 'deploy' });
    for (const [host, expected] of [
      ['globex.host.example', 401],
      ['acme.host.example', 200],
      ['globex.host.example', 401],
    ] as const)
      expect([host, await statusAt(host, key)]).toEqual([host, expected]);
    const elsewhere = await auth().createApiKey(await userOf('initech'), { name: 'deploy' });
    expect(await statusAt('initech.host.example', elsewhere.key)).toBe(401);
  });

  it('a refresh issues a token of the user’s own tenant, at any tenant’s address', async () => {
    const { refreshToken } = await signedIn('acme');
    const answer = await issuer()
      .client()
      .post('/auth/refresh', { refreshToken }, at('globex.host.example'));
    const { accessToken } = answer.json<{ accessToken: string }>();
    expect([answer.status, decodeJwt(accessToken).iss]).toEqual([200, ACME]);
    expect(await statusAt('globex.host.example', accessToken)).toBe(401);
  });

  // T-tn05
  it('a user who moved is refused by TokenVersionGuard, and gets a token of the new tenant', async () => {
    const { id, token, refreshToken } = await signedIn('acme');
    await database().pool.query('update people set org = $2 where person_ref = $1', [id, 'globex']);
    expect(await statusAt('acme.host.example', token, '/sure')).toBe(401);
    const answer = await issuer().client().post('/auth/refresh', { refreshToken });
    const { accessToken } = answer.json<{ accessToken: string }>();
    expect(decodeJwt(accessToken).iss).toBe(GLOBEX);
    expect(await statusAt('globex.host.example', accessToken, '/sure')).toBe(200);
  });

  // T-tn06
  it('a tenant without an issuer gets no token, and its sessions end', async () => {
    const nobody = await userOf('initech');
    await expect(auth().openSession(nobody, { secondFactor: 'satisfied' })).rejects.toMatchObject({
      reason: 'tenant_unknown',
      code: 'internal',
    });
    const { id, refreshToken } = await signedIn('acme');
    await database().pool.query('update people set org = $2 where person_ref = $1', [
      id,
      'initech',
    ]);
    const answer = await issuer().client().post('/auth/refresh', { refreshToken });
    expect([answer.status, answer.json()['code']]).toEqual([401, 'authentication_failed']);
    const { rows } = await database().pool.query(
      'select end_reason from auth_sessions where subject = $1 and ended_at is not null',
      [id],
    );
    expect(rows).toEqual([{ end_reason: 'unissuable' }]);
  });

  it.each([
    ['acme.host.example', 'authenticated'],
    ['globex.host.example', 'closed'],
  ])('a socket that was opened at %s with a token of acme is %s', async (host, standing) => {
    const sockets = issuer().app.get(LiveSockets, { strict: false });
    const { token } = await signedIn('acme');
    const handshake = { headers: at(host, token).headers, url: '/', method: 'GET' };
    const client = {};
    expect(await sockets.open(client, handshake, () => undefined)).toBe(standing);
    sockets.closed(client);
    // by its first message
    const later = {};
    const { token: fresh } = await signedIn('acme');
    await sockets.open(later, { ...handshake, headers: { host } }, () => undefined);
    expect(await sockets.present(later, fresh)).toBe(standing);
    sockets.closed(later);
  });

  it('a cached token is checked without asking any store', async () => {
    const { token } = await signedIn('acme');
    const flow = issuer().app.get(AuthenticateFlow, { strict: false });
    const presented = { kind: 'token', value: token, source: 'bearer' } as const;
    const judge = (host: string) => flow.authenticate(presented, undefined, at(host));
    expect(judge('acme.host.example')).toMatchObject({ tenant: 'acme' });
    expect(() => judge('globex.host.example')).toThrow('Authentication failed');
    // who has no request to show is let in nowhere
    expect(() => flow.authenticate(presented)).toThrow('Authentication failed');
  });

  // T-tn07
  it('discovery names the issuer of the request’s tenant, only if it is configured', async () => {
    const keys = '/.well-known/jwks.json';
    const table: [string, number, object][] = [
      ['acme.host.example', 200, { issuer: ACME, jwks_uri: ACME + keys }],
      ['globex.host.example', 200, { issuer: GLOBEX, jwks_uri: GLOBEX + keys }],
      ['host.example', 200, { issuer: BASE, jwks_uri: BASE + keys }],
      ['evil.example', 200, { issuer: BASE, jwks_uri: BASE + keys }],
      ['initech.host.example', 404, { code: 'not_found' }],
      ['gone.host.example', 404, {}],
    ];
    for (const document of ['openid-configuration', 'oauth-authorization-server'])
      for (const [host, status, body] of table) {
        const answer = await issuer().client().get(`/.well-known/${document}`, at(host));
        expect([host, answer.status, answer.json()]).toMatchObject([host, status, body]);
        // a shared cache may not look at the header that decides
        if (status === 200) expect(answer.headers['cache-control']).toBe('private, max-age=3600');
      }
  });
});
