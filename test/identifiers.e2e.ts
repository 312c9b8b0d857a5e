import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, NotFoundException, UseGuards } from '@nestjs/common';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { drizzleStorage, type UserColumns } from '@tokenward/nestjs/drizzle';
import { isNull } from 'drizzle-orm';
import { integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { until } from './support/until.js';
import { hostDatabase, type HostApp, type HostDatabase, hostOptions, startHost } from './support/host-app.js';

/** Integer ids, mixed case, tenants, soft deletion, and columns that no registration may fill. */
const members = pgTable('members', {
  id: serial('id').primaryKey(),
  org: text('org'),
  username: text('username'),
  email: text('email'),
  secret: text('secret'),
  role: text('role'),
  phone: text('phone'),
  credit: integer('credit').notNull().default(0),
  verified: timestamp('verified', { withTimezone: true }),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
});
const { id, email, username, org, secret, role, deletedAt } = members;
const BARE: UserColumns = { table: members, id, email, passwordHash: secret, role };

const PASSWORD = 'a quiet harbour at dawn';
const REFUSED = { statusCode: 401, error: 'Unauthorized', message: 'Login refused', code: 'login_refused' };

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  things(@CurrentUser() user: Principal) {
    return { id: user.id, ...user.claims };
  }

  @Get('checked')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  checked() {
    return {};
  }
}

describe('what people sign in with', () => {
  let database: HostDatabase;
  let hash: string;
  let next = 0;
  const running: HostApp[] = [];
  const events: Record<string, unknown>[] = [];

  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query(
      `create table members (id serial primary key, org text, username text, email text, secret text, role text, phone text,
        credit int not null default 0, verified timestamptz, deleted_at timestamptz)`,
    );
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
    events.splice(0);
  });
  afterAll(() => database.drop());

  async function start(
    users: Partial<UserColumns>,
    changes: Partial<AuthModuleOptions> = {},
    adapter: 'express' | 'fastify' = 'express',
  ) {
    const options = hostOptions(database, {
      storage: drizzleStorage(database.db, { users: { ...BARE, ...users } }),
      onEvent: (event) => void events.push({ ...event }),
      ...changes,
    });
    @Module({
      imports: [AuthModule.forRoot({ ...options, routes: { register: true } })],
      controllers: [Things],
    })
    class Host {}
    const host = await startHost(Host, adapter);
    running.push(host);
    hash ??= await (host.app as INestApplication).get(PasswordHasher, { strict: false }).hash(PASSWORD);
    return host;
  }

  async function put(row: Partial<typeof members.$inferInsert>): Promise<string> {
    const [made] = await database.db
      .insert(members)
      .values({ secret: hash, ...row })
      .returning();
    return String(made?.id);
  }

  const unique = (name: string): string => `${name}${String(++next)}`;
  const seen = (type: string) => events.filter((event) => event['type'] === type);

  describe('a username', () => {
    const options = { identifier: { name: 'username' } };

    // T-kh68
    it('is the name of the field in bodies and errors of login and registration', async () => {
      const client = (await start({ identifier: username }, options)).client();
      const name = unique('Grace.Hopper');
      const made = await client.post('/auth/register', { username: ` ${name} `, password: PASSWORD });
      expect([made.status, made.json()]).toEqual([201, { user: { id: expect.any(String), email: '' } }]);
      const again = await client.post('/auth/register', {
        username: name.toUpperCase(),
        password: PASSWORD,
        email: 'grace@example.com',
      });
      expect([again.status, again.json()['message']]).toEqual([409, 'username: already registered']);
      for (const typed of [name, name.toUpperCase(), `  ${name}\u00a0`, fullWidth(name)])
        expect([
          typed,
          (await client.post('/auth/login', { username: typed, password: PASSWORD })).status,
        ]).toEqual([typed, 200]);
      const missing = await client.post('/auth/login', { email: name, password: PASSWORD });
      expect([missing.status, missing.json()['message']]).toEqual([
        400,
        'username: must be text of 1 to 320 visible characters',
      ]);
      expect((await client.post('/auth/login', { identifier: name, password: PASSWORD })).status).toBe(400);
    });

    it.each([
      ['decomposed', 'Jose\u0301', 'jos\u00e9'],
      ['in full width', '\uff2c\uff49\uff4e\uff55\uff53', 'linus'],
      ['with a dotted capital I', '\u0130pek', '\u0130pek'],
    ])('that is stored %s signs in, and is taken for a registration', async (_how, stored, typed) => {
      const client = (await start({ identifier: username }, options)).client();
      const tail = unique('');
      const own = await put({ username: stored + tail });
      const login = await client.post('/auth/login', { username: typed + tail, password: PASSWORD });
      expect([login.status, login.json<{ user: { id: string } }>().user.id]).toEqual([200, own]);
      const body = { username: typed + tail, password: PASSWORD };
      expect((await client.post('/auth/register', body)).status).toBe(409);
      await put({ username: (typed + tail).normalize('NFKC').toLowerCase() });
      const twice = await client.post('/auth/login', { username: typed + tail, password: PASSWORD });
      expect([twice.status, seen('user.ambiguous').length > 0]).toEqual([503, true]);
    });

    it('with invisible characters is 400', async () => {
      const client = (await start({ identifier: username }, options)).client();
      for (const typed of ['ada\u200b', 'a\u0000da', '\ufeffada', '   ', ''])
        for (const path of ['/auth/login', '/auth/register']) {
          const refused = await client.post(path, { username: typed, password: PASSWORD });
          expect([typed, refused.status]).toEqual([typed, 400]);
        }
    });

    it('has the same counters in every spelling, and reveals nobody', async () => {
      const client = (await start({ identifier: username }, { ...options, throttle: {} })).client();
      const [name, nobody] = [unique('Counted'), unique('nobody')];
      await put({ username: name, email: `${name}@example.com` });
      for (const who of [name, nobody]) {
        const spellings = [who, who.toUpperCase(), fullWidth(who), ` ${who}`, `${who}.`, `${who}+tag`];
        const answers = [];
        for (let n = 0; n < 11; n++)
          answers.push(
            await client.post('/auth/login', { username: spellings[n % 6], password: `wrong password ${n}` }),
          );
        expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429]);
        for (const answer of answers.slice(0, 10)) expect(answer.json()).toEqual(REFUSED);
      }
    });

    it('under a rule of the host: a refused one is 400 with the field named', async () => {
      const normalise = (typed: string): string => {
        if (!/^[\d +]+$/.test(typed)) throw new Error(`not a number: ${typed}`);
        return typed.replaceAll(/\D/g, '');
      };
      const client = (
        await start({ identifier: members.phone }, { identifier: { name: 'phone', normalise } })
      ).client();
      await put({ phone: '49301234567', email: 'phone@example.com' });
      expect((await client.post('/auth/login', { phone: '+49 30 1234567', password: PASSWORD })).status).toBe(
        200,
      );
      const refused = await client.post('/auth/login', { phone: 'secret text', password: PASSWORD });
      expect([refused.status, refused.json()['message']]).toEqual([400, 'phone: is not one']);
    });
  });

  describe('tenants', () => {
    const tenantOptions: Partial<AuthModuleOptions> = {
      identifier: {
        tenant: ({ headers }) => {
          const named = headers['x-tenant'];
          if (named === 'gone') throw new NotFoundException('no such shop');
          if (named === 'broken') throw new Error('the list of shops is away');
          return typeof named === 'string' ? named : undefined;
        },
      },
      accessToken: { claims: ({ tenant }) => ({ shop: tenant }) },
    };
    const at = (tenant: string) => ({ headers: { 'x-tenant': tenant } });

    // T-j22g
    it.each(['express', 'fastify'] as const)(
      'one email is two users in two tenants (%s)',
      async (adapter) => {
        const host = await start({ tenant: org }, tenantOptions, adapter);
        const mail = `${unique('both')}@example.com`;
        const client = host.client();
        const made: unknown[] = [];
        for (const tenant of ['north', 'south']) {
          const body = { email: mail, password: `${PASSWORD} in the ${tenant}` };
          const registered = await client.post('/auth/register', body, at(tenant));
          expect(registered.status).toBe(201);
          made.push(registered.json<{ user: { id: string } }>().user.id);
          expect((await client.post('/auth/register', body, at(tenant))).status).toBe(409);
        }
        expect(new Set(made).size).toBe(2);
        for (const [tenant, other] of [
          ['north', 'south'],
          ['south', 'north'],
        ] as const) {
          const body = { email: mail, password: `${PASSWORD} in the ${tenant}` };
          const login = await client.post('/auth/login', body, at(tenant));
          expect(login.status).toBe(200);
          expect((await client.get('/things')).json()).toEqual({
            id: made[tenant === 'north' ? 0 : 1],
            shop: tenant,
          });
          // the claim is in the next token, too
          expect((await client.post('/auth/refresh')).status).toBe(200);
          expect((await client.get('/things')).json()).toMatchObject({ shop: tenant });
          const elsewhere = await client.post('/auth/login', body, at(other));
          expect([elsewhere.status, elsewhere.json()]).toEqual([401, REFUSED]);
        }
        expect(seen('user.registered').map((event) => event['tenant'])).toEqual(['north', 'south']);
        expect(seen('login.succeeded').map((event) => event['tenant'])).toEqual(['north', 'south']);
        expect(seen('login.failed').map((event) => event['tenant'])).toEqual(['south', 'north']);
      },
    );

    it('a request that names none finds nobody, and the host may refuse or fail', async () => {
      const client = (await start({ tenant: org }, tenantOptions)).client();
      const mail = `${unique('some')}@example.com`;
      await put({ org: 'north', email: mail });
      await put({ email: `no-tenant-${mail}` });
      const login = (tenant: string | undefined, who = mail) =>
        client.post(
          '/auth/login',
          { email: who, password: PASSWORD },
          tenant === undefined ? {} : at(tenant),
        );
      expect((await login('north')).status).toBe(200);
      for (const [tenant, who] of [
        [undefined, mail],
        ['', mail],
        [undefined, `no-tenant-${mail}`],
        ['North', mail],
        ['south', mail],
      ] as const) {
        const refused = await login(tenant, who);
        expect([tenant, refused.status, refused.json()]).toEqual([tenant, 401, REFUSED]);
      }
      expect((await login('gone')).status).toBe(404);
      expect((await login('broken')).status).toBe(503);
      const registration = { email: `new-${mail}`, password: PASSWORD };
      const nowhere = await client.post('/auth/register', registration);
      expect([nowhere.status, nowhere.json()['message']]).toEqual([400, 'tenant: the request names none']);
    });

    // T-hvj6
    it('a link is mailed to the user of the tenant that was named, and to nobody else', async () => {
      const mailed: string[] = [];
      const accounts = {
        mail: ({ userId }: { userId: string }) => void mailed.push(userId),
        url: 'https://app.example.com/{kind}#token={token}',
      };
      const client = (
        await start({ tenant: org, emailVerified: members.verified }, { ...tenantOptions, accounts })
      ).client();
      const mail = `${unique('mailed')}@example.com`;
      const north = await put({ org: 'north', email: mail });
      await put({ org: 'south', email: mail });
      for (const where of [at('north'), at('nowhere'), {}])
        expect((await client.post('/auth/password/forgot', { email: mail }, where)).status).toBe(202);
      await until(() => mailed.length > 0);
      expect(mailed).toEqual([north]);
    });

    it('a sign-in link is good at the tenant that it was asked for at, and is not spent elsewhere', async () => {
      const mailed: { readonly userId: string; readonly token?: string; readonly url?: string }[] = [];
      const accounts = {
        mail: (mail: (typeof mailed)[number]) => void mailed.push(mail),
        url: 'https://{tenant}.example.com/{kind}#token={token}',
      };
      const client = (
        await start({ tenant: org, emailVerified: members.verified }, { ...tenantOptions, accounts })
      ).client();
      const mail = `${unique('linked')}@example.com`;
      const north = await put({ org: 'north', email: mail });
      await put({ org: 'south', email: mail });
      const asked = async () => {
        mailed.splice(0);
        await client.post('/auth/magic-link', { email: mail }, at('north'));
        await until(() => mailed.length > 0);
        return mailed[0];
      };
      const link = await asked();
      expect(link?.url).toBe(`https://north.example.com/magic_link#token=${String(link?.token)}`);
      const follow = (where: object, token = link?.token) =>
        client.post('/auth/magic-link/login', { token, transport: 'bearer' }, where);
      for (const where of [at('south'), at('nowhere'), {}]) {
        const refused = await follow(where);
        expect([refused.status, refused.json()['code']]).toEqual([400, 'link_refused']);
      }
      const login = await follow(at('north'));
      expect([login.status, login.json<{ user: { id: string } }>().user.id]).toEqual([200, north]);
      const next = await asked();
      await database.pool.query("update members set org = 'east' where id = $1", [north]);
      for (const where of [at('north'), at('east')])
        expect((await follow(where, next?.token)).status).toBe(400);
    });

    it('each has counters and known devices of its own', async () => {
      const client = (await start({ tenant: org }, { ...tenantOptions, throttle: {} })).client();
      const mail = `${unique('guess')}@example.com`;
      await put({ org: 'north', email: mail });
      await put({ org: 'south', email: mail });
      // a device that north knows
      expect(
        (await client.post('/auth/login', { email: mail, password: PASSWORD }, at('north'))).status,
      ).toBe(200);
      const guess = (tenant: string) =>
        client.post('/auth/login', { email: mail, password: 'wrong password' }, at(tenant));
      const statuses = [];
      // its device counts as a stranger in south: the guesses there fill south's own bucket
      for (let n = 0; n < 11; n++) statuses.push((await guess('south')).status);
      expect(statuses.at(-1)).toBe(429);
      expect(
        (await client.post('/auth/login', { email: mail, password: PASSWORD }, at('north'))).status,
      ).toBe(200);
    });
  });

  it.each<[string, Partial<UserColumns>, Partial<AuthModuleOptions>, string]>([
    ['a name without its column', {}, { identifier: { name: 'username' } }, 'identifier.name: is username'],
    ['tenants without their column', {}, { identifier: { tenant: () => 'x' } }, 'identifier.tenant: is set'],
    ['a column of tenants that nobody reads', { tenant: org }, {}, 'identifier.tenant: is missing'],
  ])('%s stop the boot', async (_name, users, changes, sentence) => {
    await expect(start(users, changes)).rejects.toThrow(sentence);
  });

  describe('rows that a condition hides', () => {
    // T-7xsn
    it('do not exist: at login, refresh, password change and every look-up of the user', async () => {
      const host = await start({ where: isNull(deletedAt) });
      const client = host.client();
      const mail = `${unique('Leaving')}@Example.com`;
      const key = await put({ email: mail });
      const credentials = { email: mail, password: PASSWORD };
      expect((await client.post('/auth/login', credentials)).status).toBe(200);
      expect((await client.post('/auth/refresh')).status).toBe(200);
      const change = { currentPassword: PASSWORD, newPassword: 'another harbour, at dusk' };
      await database.pool.query('update members set deleted_at = now() where id = $1', [key]);

      for (const [method, path, body] of [
        ['GET', '/auth/me', undefined],
        ['GET', '/checked', undefined],
        ['POST', '/auth/password', change],
        ['POST', '/auth/reauthenticate', { password: PASSWORD }],
        ['POST', '/auth/refresh', {}],
      ] as const) {
        const answer = await client.copy().request(method, path, { json: body });
        expect([path, answer.status]).toEqual([path, 401]);
      }
      const login = await host.client().post('/auth/login', credentials);
      expect([login.status, login.json()]).toEqual([401, REFUSED]);
      expect((await database.pool.query('select secret from members where id = $1', [key])).rows).toEqual([
        { secret: hash },
      ]);
      // who comes under that email next is somebody else
      const again = await host.client().post('/auth/register', credentials);
      expect([again.status, again.json<{ user: { id: string } }>().user.id === key]).toEqual([201, false]);
      expect((await host.client().post('/auth/login', credentials)).status).toBe(200);
    });
  });

  // T-vmdh
  it('a hidden row gets no mailed link, and its email is free', async () => {
    const { users } = drizzleStorage(database.db, {
      users: { ...BARE, emailVerified: members.verified, where: isNull(deletedAt) },
    });
    const mail = `${unique('hidden')}@example.com`;
    const [gone, other] = [
      await put({ email: mail, deletedAt: new Date() }),
      await put({ email: `x${mail}` }),
    ];
    const { accounts } = users ?? {};
    expect(await accounts?.setPasswordHash(gone, 'another')).toBe(false);
    expect(await accounts?.verifyEmail(gone, mail)).toBe(false);
    expect(await accounts?.changeEmail(gone, { from: mail, to: `y${mail}` })).toBe('superseded');
    expect(await accounts?.changeEmail(other, { from: `x${mail}`, to: mail })).toBe('changed');
    expect(await accounts?.setPasswordHash(other, 'another')).toBe(true);
  });

  it('two rows for one email, which differ in case, are 503 and a high event; neither signs in', async () => {
    const client = (await start({}, { throttle: {} })).client();
    const mail = `${unique('Twice')}@Example.com`;
    const both = [await put({ email: mail }), await put({ email: mail.toLowerCase() })];
    for (const typed of [mail, mail.toLowerCase(), mail.toUpperCase()]) {
      const login = await client.post('/auth/login', { email: typed, password: PASSWORD });
      expect([login.status, login.json()['code'], login.headers['retry-after']]).toEqual([
        503,
        'unavailable',
        '60',
      ]);
    }
    const [event] = seen('user.ambiguous');
    expect(event).toMatchObject({ severity: 'high' });
    expect([event?.['userId'], event?.['otherId']].sort()).toEqual(both.sort());
    const registered = await client.post('/auth/register', { email: mail, password: PASSWORD });
    expect(registered.status).toBe(503);
  });

  describe('further fields of a registration', () => {
    const fields = z.object({ phone: z.string().regex(/^\d+$/) });

    it('go into the columns of the table', async () => {
      const client = (await start({}, { registration: { fields } })).client();
      const mail = `${unique('full')}@example.com`;
      const made = await client.post('/auth/register', { email: mail, password: PASSWORD, phone: '4930' });
      expect(made.status).toBe(201);
      const found = await database.pool.query('select phone, role, credit from members where email = $1', [
        mail,
      ]);
      expect(found.rows).toEqual([{ phone: '4930', role: null, credit: 0 }]);
    });

    const hosts = new Map<z.ZodType, HostApp>();
    afterAll(async () => {
      for (const host of hosts.values()) await host.close();
    });
    async function hostOf(schema: z.ZodType): Promise<HostApp> {
      const host = hosts.get(schema) ?? (await start({}, { registration: { fields: schema } }));
      running.splice(0);
      hosts.set(schema, host);
      return host;
    }

    const wide = z.looseObject({ phone: z.string().optional() });
    const strict = z.strictObject({ phone: z.string() });
    // T-bp47
    it.each<[string, z.ZodType, string, object]>([
      ['what the schema refuses', fields, 'phone: is not valid', { phone: 'text of a secret' }],
      ['what is missing', fields, 'phone: is not valid', {}],
      ['unknown to the schema', fields, 'credit: is not a field of registration', { phone: '1', credit: 9 }],
      ['unknown to a strict schema', strict, 'body: is not valid', { phone: '1', credit: 9 }],
      ['a role', wide, 'role: is not a field of registration', { role: 'admin' }],
      ['a role in capitals', wide, 'ROLE: is not a field of registration', { ROLE: 'admin' }],
      ['permissions', wide, 'permissions: is not a field of registration', { permissions: ['all'] }],
      ['disabled', wide, 'disabled: is not a field of registration', { disabled: false }],
      ['a version', wide, 'tokenVersion: is not a field of registration', { tokenVersion: 9 }],
      ['a version by column', wide, 'token_version: is not a field of registration', { token_version: 9 }],
      ['an id', wide, 'id: is not a field of registration', { id: 1 }],
      ['the column of the hash', wide, 'secret: is not a field of registration', { secret: 'x' }],
      ['no column', wide, 'nothing: is not a field of registration', { nothing: 'x' }],
      ['a prototype', wide, '__proto__: is not a field of registration', {}],
    ])('%s is 400, and no user is created', async (_name, schema, message, more) => {
      const client = (await hostOf(schema)).client();
      const mail = `${unique('refused')}@example.com`;
      const json = { email: mail, password: PASSWORD, ...more };
      const body = message.startsWith('__proto__') ? withProto(json) : JSON.stringify(json);
      const refused = await client.request('POST', '/auth/register', {
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([refused.status, refused.json()['message']]).toEqual([400, message]);
      expect((await database.pool.query('select 1 from members where email = $1', [mail])).rows).toEqual([]);
    });
  });
});

const fullWidth = (text: string): string =>
  text.replaceAll(/[a-z0-9]/gi, (each) => String.fromCodePoint(each.charCodeAt(0) + 0xfee0));
const withProto = (json: object): string =>
  JSON.stringify(json).replace(/\}$/, ',"__proto__":{"role":"admin"}}');
