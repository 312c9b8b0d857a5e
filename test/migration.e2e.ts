import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
  RecentAuth,
  RecentAuthGuard,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { type LegacyIssuerOptions, SystemClock } from '@tokenward/nestjs/options';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';
import { AUTHENTICATION_FAILED, bearer, REFUSED, refusalOf } from './support/stage.js';

const OLD_SECRET = 'the secret that the old JwtModule had, long enough';
const PASSWORD = 'a long enough passphrase';
const HOUR_MS = 3_600_000;

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  mine(@CurrentUser() user: Principal) {
    return { id: user.id, legacy: user.legacy, role: user.role };
  }

  @Get('admin')
  @Roles('admin')
  @UseGuards(JwtAuthGuard, RolesGuard)
  admin() {
    return {};
  }

  @Get('checked')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  checked() {
    return {};
  }

  @Get('recent')
  @RecentAuth('1h')
  @UseGuards(JwtAuthGuard, RecentAuthGuard)
  recent() {
    return {};
  }
}

class LaterClock extends SystemClock {
  aheadMs = 0;
  override now = (): number => Date.now() + this.aheadMs;
}

describe('moving over from a hand-made JwtModule', () => {
  let database: HostDatabase;
  const running: HostApp[] = [];
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const old = new JwtService({ secret: OLD_SECRET, signOptions: { expiresIn: '1d' } });
  const seconds = () => Math.floor(Date.now() / 1000);

  beforeAll(async () => {
    database = await hostDatabase();
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
  });
  afterAll(() => database.drop());

  async function start(
    changes: Partial<LegacyIssuerOptions> = {},
    clock = new LaterClock(),
    adapter: 'express' | 'fastify' = 'express',
  ) {
    const legacy: LegacyIssuerOptions = {
      name: 'shop',
      algorithm: 'HS256',
      key: OLD_SECRET,
      acceptUntil: new Date(Date.now() + 30 * 24 * HOUR_MS),
      ...changes,
    };
    const options = hostOptions(database, {
      keys: { algorithm: 'ES256', privateKey: keys.privateKey },
      accessToken: { legacy: [legacy] },
      revocation: { maxStaleness: '10s' },
      clock,
    });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Things] })
    class Host {}
    const app = await startHost(Host, adapter);
    running.push(app);
    return { app, client: app.client(), auth: app.app.get(AuthService, { strict: false }) };
  }

  async function person(app: HostApp): Promise<{ readonly id: string; readonly mail: string }> {
    const secret = await app.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
    const mail = `${randomBytes(5).toString('hex')}@example.com`;
    const [row] = await database.db
      .insert(people)
      .values({ mail, secret, kind: 'admin' })
      .returning();
    return { id: row?.ref ?? '', mail };
  }

  // T-4gt7
  it.each(['express', 'fastify'] as const)(
    'old tokens still work next to new ones on %s, with no more rights than configured',
    async (adapter) => {
      const { app, client } = await start({}, undefined, adapter);
      const { id, mail } = await person(app);
      const token = old.sign({ sub: id, username: mail, role: 'admin' });
      expect((await client.get('/things', bearer(token))).json()).toEqual({ id, legacy: 'shop' });
      // what the token says of roles counts only where a hook reads it
      expect((await client.get('/admin', bearer(token))).status).toBe(403);
      for (const path of ['/checked', '/recent'])
        expect((await client.get(path, bearer(token))).status).toBe(401);
      expect(
        (
          await client.post(
            '/auth/password',
            { currentPassword: PASSWORD, newPassword: 'another passphrase' },
            bearer(token),
          )
        ).status,
      ).toBe(401);
      const answer = await client.post('/auth/login', {
        email: mail,
        password: PASSWORD,
        transport: 'bearer',
      });
      const { accessToken } = answer.json<{ accessToken: string }>();
      expect((await client.get('/checked', bearer(accessToken))).status).toBe(200);
      expect((await client.get('/things', bearer(token))).status).toBe(200);
    },
  );

  it('a hook can read roles from old tokens', async () => {
    const { app, client } = await start({
      principal: ({ sub, role }) => ({ id: String(sub), role: String(role) }),
    });
    const { id } = await person(app);
    expect((await client.get('/admin', bearer(old.sign({ sub: id, role: 'admin' })))).status).toBe(
      200,
    );
    expect((await client.get('/admin', bearer(old.sign({ sub: id, role: 'user' })))).status).toBe(
      403,
    );
  });

  // T-wqm3
  it('revokeUser refuses every old token of the user at once and for good, also after the ledger entry expired and in a new process', async () => {
    const [one, two] = [await start(), await start()];
    const { id } = await person(one.app);
    const { id: other } = await person(one.app);
    const tokens = [old.sign({ sub: id }), old.sign({ sub: id, n: 2 })];
    for (const token of tokens) {
      expect((await one.client.get('/things', bearer(token))).status).toBe(200);
      expect((await two.client.get('/things', bearer(token))).status).toBe(200);
    }
    await one.auth.revokeUser(id);
    for (const { client } of [one, two])
      for (const token of tokens)
        expect(refusalOf(await client.get('/things', bearer(token)))).toEqual(REFUSED);
    // entries live 70 minutes, an old token a day
    await database.pool.query('delete from auth_revocations');
    const later = await start();
    for (const token of tokens)
      expect((await later.client.get('/things', bearer(token))).status).toBe(401);
    expect((await later.client.get('/things', bearer(old.sign({ sub: other })))).status).toBe(200);
  });

  it.each([
    [
      'logout-all',
      (client: HostApp['client'], token: string) =>
        client().post('/auth/logout-all', undefined, bearer(token)),
    ],
    [
      'disabling',
      (_: unknown, _token: string, id: string) =>
        database.pool.query('update people set locked = true where person_ref = $1', [id]),
    ],
    [
      'deletion',
      (_: unknown, _token: string, id: string) =>
        database.pool.query('delete from people where person_ref = $1', [id]),
    ],
  ] as const)('%s ends them', async (_name, end) => {
    const { app, client } = await start();
    const { id } = await person(app);
    const token = old.sign({ sub: id });
    expect((await client.get('/things', bearer(token))).status).toBe(200);
    await end(app.client, token, id);
    expect(refusalOf(await client.get('/things', bearer(token)))).toEqual(REFUSED);
  });

  // T-q7dk
  it('who signs out all other sessions ends them too, because a thief may hold one', async () => {
    const { app, client } = await start();
    const { id, mail } = await person(app);
    const { id: other } = await person(app);
    const stolen = old.sign({ sub: id });
    const signedIn = await client.post('/auth/login', {
      email: mail,
      password: PASSWORD,
      transport: 'bearer',
    });
    const { accessToken } = signedIn.json<{ accessToken: string }>();
    expect((await client.get('/things', bearer(stolen))).status).toBe(200);
    expect((await client.delete('/auth/sessions', bearer(accessToken))).status).toBe(204);
    expect(refusalOf(await client.get('/things', bearer(stolen)))).toEqual(REFUSED);
    expect((await client.get('/things', bearer(accessToken))).status).toBe(200);
    expect((await client.get('/things', bearer(old.sign({ sub: other })))).status).toBe(200);
  });

  it('logout revokes one old token, and revoking the name as a key revokes all', async () => {
    const { app, client, auth } = await start();
    const { id } = await person(app);
    const [token, stays] = [old.sign({ sub: id }), old.sign({ sub: id, n: 2 })];
    expect((await client.post('/auth/logout', undefined, bearer(token))).status).toBe(204);
    expect((await client.get('/things', bearer(token))).status).toBe(401);
    expect((await client.get('/things', bearer(stays))).status).toBe(200);
    await auth.revokeKey('legacy:shop');
    expect((await client.get('/things', bearer(stays))).status).toBe(401);
  });

  // T-l7px
  it('logout with an old token that no process accepts any more writes nothing, however often', async () => {
    const { app, client } = await start();
    const { id } = await person(app);
    const rows = async () =>
      (
        await database.pool.query<{ count: number }>(
          `select (select count(*) from auth_revocations) + (select count(*) from auth_audit where actor = $1) as count`,
          [id],
        )
      ).rows;
    const exp = seconds() - 172800;
    const lapsed = new JwtService({ secret: OLD_SECRET }).sign({ sub: id, iat: exp - 60, exp });
    const before = await rows();
    for (let times = 0; times < 3; times++)
      expect((await client.post('/auth/logout', undefined, bearer(lapsed))).status).toBe(204);
    expect(await rows()).toEqual(before);
  });

  it('from the end date on all old tokens are refused, also those that were accepted before', async () => {
    const clock = new LaterClock();
    const { app, client } = await start(
      { name: 'brief', acceptUntil: new Date(Date.now() + HOUR_MS) },
      clock,
    );
    const { id } = await person(app);
    const token = old.sign({ sub: id });
    expect((await client.get('/things', bearer(token))).status).toBe(200);
    clock.aheadMs = HOUR_MS;
    expect(refusalOf(await client.get('/things', bearer(token)))).toEqual(REFUSED);
    // and a token of the time before that nobody showed until now
    expect((await client.get('/things', bearer(old.sign({ sub: id, n: 3 })))).status).toBe(401);
  });

  it('with the old secret nobody can make new tokens, or old ones of an unknown user', async () => {
    const { app, client } = await start({ name: 'forged' });
    const { id } = await person(app);
    const kid = (await client.get('/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>()
      .keys[0]?.kid;
    const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = seconds();
    const claims = {
      iss: 'https://host.example',
      aud: 'host',
      sub: id,
      sid: id,
      jti: id,
      iat: now,
      nbf: now,
      exp: now + 600,
      tokenVersion: 1,
      role: 'admin',
    };
    const forge = (header: object) => {
      const input = `${b64(header)}.${b64(claims)}`;
      return `${input}.${createHmac('sha256', OLD_SECRET).update(input).digest('base64url')}`;
    };
    const table: [string, string][] = [
      ['our kid', forge({ alg: 'HS256', typ: 'at+jwt', kid })],
      ['our kid and algorithm', forge({ alg: 'ES256', typ: 'at+jwt', kid })],
      ['the name of the entry', forge({ alg: 'HS256', typ: 'at+jwt', kid: 'legacy:forged' })],
      ['no kid', forge({ alg: 'HS256', typ: 'at+jwt' })],
      ['our claims in an old token', forge({ alg: 'HS256', typ: 'JWT' })],
      ['an unknown user', old.sign({ sub: '00000000-0000-4000-8000-000000000000' })],
      ['a user that is not an id', old.sign({ sub: "' or 1=1 --" })],
      ['no end', new JwtService({ secret: OLD_SECRET }).sign({ sub: id })],
      [
        'a longer life',
        new JwtService({ secret: OLD_SECRET }).sign({ sub: id }, { expiresIn: '2d' }),
      ],
    ];
    for (const [name, token] of table) {
      const { status, text } = await client.get('/things', bearer(token));
      expect([name, status, text]).toEqual([name, 401, AUTHENTICATION_FAILED]);
    }
    expect((await client.get('/things', bearer(old.sign({ sub: id })))).status).toBe(200);
  });
});
