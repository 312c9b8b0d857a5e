import { randomUUID } from 'node:crypto';
import { Controller, Get, Module, type Type, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  JwtAuthGuard,
  type Principal,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { TrustIssuers, type TrustedIssuerOptions } from '@tokenward/nestjs/issuers';
import { redisConnection } from '@tokenward/nestjs/redis';
import { Redis } from 'ioredis';
import { createRedisDatabase, type TestRedisDatabase } from './support/databases.js';
import { ForeignIssuer } from './support/foreign-issuer.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  startHost,
} from './support/host-app.js';
import { bearer } from './support/stage.js';
import { NAMED, OTHER, trustingRoutes } from './support/trusting-routes.js';
import { until } from './support/until.js';

const REFUSED = {
  statusCode: 401,
  error: 'Unauthorized',
  message: 'Authentication failed',
  code: 'authentication_failed',
};
const INVALID = 'Bearer error="invalid_token"';
const entry = (issuer: string, of: ForeignIssuer): TrustedIssuerOptions => ({
  issuer,
  audience: 'api',
  jwks: { url: of.jwksUrl, coolDown: '100ms' },
  principal: ({ sub, scope, group }) => ({
    id: String(sub),
    permissions: String(scope ?? '').split(' '),
    ...(typeof group === 'string' && { role: group }),
  }),
});

@Controller('sure')
@UseGuards(JwtAuthGuard, TokenVersionGuard)
@TrustIssuers(NAMED)
class Sure {
  @Get()
  sure() {
    return 'sure';
  }
}

let [sso, other]: ForeignIssuer[] = [];
let database: HostDatabase;
let redisDatabase: TestRedisDatabase;
let clients: Redis[];
let options: AuthModuleOptions;
let issuer: HostApp;
let service: HostApp;

async function boot(module: unknown, controllers: Type[]): Promise<HostApp> {
  @Module({ imports: [module as Type], controllers })
  class Host {}
  return startHost(Host);
}

beforeAll(async () => {
  [sso, other] = await Promise.all([ForeignIssuer.start(), ForeignIssuer.start()]);
  [database, redisDatabase] = await Promise.all([hostDatabase(), createRedisDatabase()]);
  clients = [new Redis(redisDatabase.url), new Redis(redisDatabase.url)];
  const trustedIssuers = [entry(NAMED, sso!), entry(OTHER, other!)];
  options = hostOptions(database, { redis: redisConnection(clients[0]!), trustedIssuers });
  issuer = await boot(AuthModule.forRoot({ ...options, isGlobal: true }), trustingRoutes(Sure));
  service = await boot(
    AuthModule.forResourceServer({
      issuer: 'https://host.example',
      audience: 'host',
      isGlobal: true,
      trustedIssuers,
      jwks: { url: `${issuer.url}/.well-known/jwks.json` },
      redis: redisConnection(clients[1]!),
    }),
    trustingRoutes(),
  );
  // it answers 503 until it has heard whose revocations to follow
  const { token } = await ours();
  await until(async () => (await ask('/ours', token, service)).status === 200);
}, 60_000);

afterAll(async () => {
  await Promise.all([issuer?.close(), service?.close()]);
  await Promise.all([sso?.stop(), other?.stop()]);
  clients?.forEach((each) => each.disconnect());
  await Promise.all([database?.drop(), redisDatabase?.drop()]);
});

const theirs = (changes = {}, kid = 'one', typ?: string) =>
  sso!.sign({ iss: NAMED, ...changes }, kid, typ);
const ask = (path: string, token: string, at = issuer) => at.client().get(path, bearer(token));
const ours = async () => {
  const id = randomUUID();
  const auth = issuer.app.get(AuthService, { strict: false });
  await database.pool.query('insert into people (person_ref, mail) values ($1, $2)', [
    id,
    `${id}@x.test`,
  ]);
  const { grant } = await auth.openSession(id, { transport: 'bearer', secondFactor: 'satisfied' });
  return { id, token: grant.accessToken };
};

describe.each(['the issuer', 'a service that only verifies'])('at %s', (where) => {
  const at = () => (where === 'the issuer' ? issuer : service);

  // T-fzj4
  it('a token of another issuer is accepted only on routes that name it, and the principal has its issuer', async () => {
    const token = await theirs({ scope: 'notes:read' });
    const accepted = await ask('/shared', token, at());
    expect([accepted.status, accepted.json()]).toEqual([
      200,
      { id: 'sub-1', issuer: NAMED, permissions: ['notes:read'] },
    ]);
    for (const path of ['/ours', '/shared/one']) {
      const answer = await ask(path, token, at());
      expect([answer.status, answer.json(), answer.headers['www-authenticate']]).toEqual([
        401,
        REFUSED,
        INVALID,
      ]);
    }
  });

  it('our own tokens are accepted there too, without an issuer in the principal', async () => {
    const { id, token } = await ours();
    expect((await ask('/shared', token, at())).json()).toMatchObject({ id, issuer: null });
    expect((await ask('/ours', token, at())).json()).toEqual({ id, issuer: null });
  });

  // T-fi05
  it('is never read from a cookie', async () => {
    const cookie = `access_token=${await theirs()}`;
    const answer = await at().client().get('/shared', { headers: { cookie }, cookies: 'omit' });
    expect([answer.status, answer.json()]).toEqual([401, REFUSED]);
  });

  it.each<[string, number, object]>([
    ['/shared/admin', 403, {}],
    ['/shared/admin', 200, { group: 'admin' }],
    ['/shared/write', 403, { role: 'admin', permissions: ['notes:write'] }],
    ['/shared/write', 200, { scope: 'notes:write' }],
    ['/shared/recent', 401, { auth_time: Math.floor(Date.now() / 1000) }],
    ['/shared/optional', 200, {}],
    ['/shared/optional', 401, { aud: 'other' }],
  ])('%s answers %i to claims %j', async (path, status, claims) => {
    expect((await ask(path, await theirs(claims), at())).status).toBe(status);
  });

  it('every refusal is the same 401, byte for byte', async () => {
    const table: [string, Promise<string>][] = [
      ['no aud', theirs({ aud: undefined })],
      ['an ID token', theirs({ nonce: 'n' })],
      ['bound to a key', theirs({ cnf: { jkt: 'x' } })],
      ['another typ', theirs({}, 'one', 'dpop+jwt')],
      ['a life of two days', theirs({ exp: Math.floor(Date.now() / 1000) + 172_800 })],
      ['of another issuer in its name', other!.sign({ iss: NAMED })],
      [
        'in our name',
        sso!.sign(
          { iss: 'https://host.example', aud: 'host', sid: 's', tokenVersion: 1 },
          'one',
          'at+jwt',
        ),
      ],
    ];
    for (const [name, token] of table) {
      const answer = await ask('/shared', await token, at());
      const said = [name, answer.status, answer.json(), answer.headers['www-authenticate']];
      expect(said).toEqual([name, 401, REFUSED, INVALID]);
    }
  });

  it('keys may change under load without a refused request', async () => {
    const kid = `at-${where === 'the issuer' ? 'issuer' : 'service'}`;
    await sso!.addKey(kid);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => theirs({}, kid)));
    const answers = await Promise.all(tokens.map((token) => ask('/shared', token, at())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a token of another issuer', () => {
  it('is refused on Tokenward’s own routes and by TokenVersionGuard', async () => {
    const token = await theirs();
    for (const path of ['/auth/me', '/auth/sessions', '/sure'])
      expect([path, (await ask(path, token)).status]).toEqual([path, 401]);
    const logout = await issuer.client().post('/auth/logout-all', {}, bearer(token));
    expect(logout.status).toBe(401);
  });

  // T-wc77
  it('whose sub equals the id of our user is another person: revoking one does not affect the other', async () => {
    const { id, token } = await ours();
    const foreign = await theirs({ sub: id });
    const auth = issuer.app.get(AuthService, { strict: false });
    await auth.revokeForeign({ issuer: NAMED, sub: id });
    expect([(await ask('/shared', foreign)).status, (await ask('/shared', token)).status]).toEqual([
      401, 200,
    ]);
    const second = await other!.sign({ iss: OTHER, sub: id });
    await auth.revokeUser(id);
    expect([(await ask('/shared', second)).status, (await ask('/shared', token)).status]).toEqual([
      200, 401,
    ]);
  });
});

describe('revoked here, a token of another issuer', () => {
  const everywhere = async (token: string, sub?: string) => {
    const statuses = await Promise.all([issuer, service].map((at) => ask('/shared', token, at)));
    return statuses.map(({ status }) => status).join() + (sub ?? '');
  };
  const auth = () => issuer.app.get(AuthService, { strict: false });

  // T-2qwq
  it('by its jti is refused on every process, and no other token is', async () => {
    const [jti, exp] = [randomUUID(), Math.floor(Date.now() / 1000) + 3600];
    const [token, neighbour] = await Promise.all([
      theirs({ jti }),
      other!.sign({ iss: OTHER, jti }),
    ]);
    expect(await everywhere(token)).toBe('200,200');
    await auth().revokeForeign({ issuer: NAMED, jti });
    await until(async () => (await everywhere(token)) === '401,401');
    expect(await everywhere(neighbour)).toBe('200,200');
    await auth().revokeToken(jti, exp);
    await until(async () => (await everywhere(neighbour)) === '401,401');
  });

  it('by the token id of its principal is refused', async () => {
    const token = await theirs({ jti: undefined });
    expect(await everywhere(token)).toBe('200,200');
    const { tokenId, expiresAt } = await principalOf(token);
    await auth().revokeToken(tokenId, expiresAt);
    await until(async () => (await everywhere(token)) === '401,401');
  });

  const secondsSince2025 = () => Math.floor((Date.now() - Date.UTC(2025, 0, 1)) / 1000);

  // T-3pgf
  it('by its sub is refused, and one that is issued later is not; the entry outlives the longest token', async () => {
    const sub = randomUUID();
    const now = Math.floor(Date.now() / 1000);
    const [token, later] = await Promise.all([
      theirs({ sub, iat: now - 3600, exp: now + 3600 }),
      // by an issuer whose clock goes ahead
      theirs({ sub, iat: now + 29 }),
    ]);
    expect(await everywhere(token)).toBe('200,200');
    const from = secondsSince2025();
    await auth().revokeForeign({ issuer: NAMED, sub }, { actorId: 'root' });
    const to = secondsSince2025();
    await until(async () => (await everywhere(token)) === '401,401');
    expect(await everywhere(later)).toBe('401,401');
    const { rows } = await database.pool.query<{ hours: number; min_version: number }>(
      `select extract(epoch from expires_at - now())::float8 / 3600 as hours, min_version from auth_revocations
       where kind = 'user' order by id desc limit 1`,
    );
    expect(rows[0]?.hours).toBeGreaterThan(24.1);
    // what is issued once that instant has passed
    expect(rows[0]?.min_version).toBeGreaterThanOrEqual(from + 31);
    expect(rows[0]?.min_version).toBeLessThanOrEqual(to + 31);
  });

  it('throws if the issuer is not trusted', async () => {
    await expect(auth().revokeForeign({ issuer: `${NAMED}/`, sub: 'x' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

async function principalOf(token: string): Promise<Principal> {
  const { AuthenticateFlow } = await import('@tokenward/nestjs/verify');
  const flow = issuer.app.get(AuthenticateFlow, { strict: false });
  return flow.authenticate({ kind: 'token', value: token, source: 'bearer' }, { issuers: [NAMED] });
}
