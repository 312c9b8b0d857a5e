import { describe, expect, it } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { AccountMail } from '@tokenward/nestjs/options';
import { passkeys } from '@tokenward/nestjs/passkeys';
import { totp } from '@tokenward/nestjs/totp';
import { TOTP } from 'otpauth';
import { sealingKey } from './support/factor-host.js';
import { memberHosts, members, PASSWORD, REFUSED } from './support/member-hosts.js';
import { until } from './support/until.js';

const { org } = members;
const { database, put, seen, start, unique } = memberHosts();

describe('what people sign in with, in tenants', () => {
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
    expect([nowhere.status, nowhere.json()['message']]).toEqual([
      400,
      'tenant: the request names none',
    ]);
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

  // T-zdnv
  it('a sign-in link is good at the tenant that it was asked for at, and is not spent elsewhere', async () => {
    const mailed: { readonly userId: string; readonly token?: string; readonly url?: string }[] =
      [];
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
    await database().pool.query("update members set org = 'east' where id = $1", [north]);
    for (const where of [at('north'), at('east')])
      expect((await follow(where, next?.token)).status).toBe(400);
  });

  // T-wscz
  it('the second step is refused at another tenant and at none, after a password and after a sign-in link', async () => {
    const mailed: { readonly userId: string; readonly token?: string }[] = [];
    const accounts = {
      mail: (mail: (typeof mailed)[number]) => void mailed.push(mail),
      url: 'https://{tenant}.example.com/{kind}#token={token}',
    };
    const factors = { methods: [totp({ issuer: 'Example' })], encryptionKeys: [sealingKey('k1')] };
    const options = { ...tenantOptions, accounts, factors };
    const client = (
      await start({ tenant: org, emailVerified: members.verified }, options)
    ).client();
    const mail = `${unique('second')}@example.com`;
    const own = await put({ org: 'north', email: mail });
    const logIn = () =>
      client.post('/auth/login', { email: mail, password: PASSWORD }, at('north'));
    await logIn();
    const { id, secret } = (await client.post('/auth/factors/totp', {}, at('north'))).json<{
      readonly id: string;
      readonly secret: string;
    }>();
    const codes = { id, code: new TOTP({ secret }).generate() };
    const { recoveryCodes } = (
      await client.post('/auth/factors/totp/confirm', codes, at('north'))
    ).json<{
      readonly recoveryCodes: string[];
    }>();
    mailed.splice(0);
    await client.post('/auth/magic-link', { email: mail }, at('north'));
    await until(() => mailed.some(({ token }) => token !== undefined));
    const token = mailed.find((each) => each.token !== undefined)?.token;
    const followed = await client.post('/auth/magic-link/login', { token }, at('north'));
    for (const [n, first] of [await logIn(), followed].entries()) {
      const { ticket } = first.json<{ readonly ticket: string }>();
      const answer = { ticket, recoveryCode: recoveryCodes[n] };
      for (const where of [at('south'), {}]) {
        const elsewhere = await client.post('/auth/login/second-factor', answer, where);
        expect([elsewhere.status, elsewhere.json()['code']]).toEqual([
          401,
          'second_factor_refused',
        ]);
      }
      const done = await client.post('/auth/login/second-factor', answer, at('north'));
      expect([done.status, done.json<{ user: { id: string } }>().user.id]).toEqual([200, own]);
    }
  });

  // T-t3ev
  it('the events of a sign-in that is refused name the tenant of its request', async () => {
    const accounts = {
      mail: () => undefined,
      url: 'https://{tenant}.example.com/{kind}#token={token}',
    };
    const methods = [totp({ issuer: 'Example' }), passkeys({ rpName: 'Example' })];
    const factors = { methods, encryptionKeys: [sealingKey('k1')] };
    const users = { tenant: org, emailVerified: members.verified };
    const client = (await start(users, { ...tenantOptions, accounts, factors })).client();
    const mail = `${unique('told')}@example.com`;
    await put({ org: 'north', email: mail });
    const logIn = () =>
      client.post('/auth/login', { email: mail, password: PASSWORD }, at('north'));
    await logIn();
    const enrolled = await client.post('/auth/factors/totp', {}, at('north'));
    const { id, secret } = enrolled.json<{ readonly id: string; readonly secret: string }>();
    const code = new TOTP({ secret }).generate();
    await client.post('/auth/factors/totp/confirm', { id, code }, at('north'));
    const { ticket } = (await logIn()).json<{ readonly ticket: string }>();
    const refused = [
      await client.post('/auth/login/second-factor', { ticket, code }, at('north')),
      await client.post('/auth/passkeys/login', { ticket: 'none', response: {} }, at('north')),
      await client.post('/auth/magic-link/login', { token: 'none' }, at('north')),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 400]);
    const told = ['login.second_factor_due', 'login.failed', 'link.refused'].flatMap(seen);
    expect(told.map(({ type, reason, tenant }) => [type, reason, tenant])).toEqual([
      ['login.second_factor_due', undefined, 'north'],
      ['login.failed', 'second_factor', 'north'],
      ['login.failed', 'passkey', 'north'],
      ['link.refused', undefined, 'north'],
    ]);
  });

  // T-u4ev
  it('the events of links that are asked for and used name the tenant of their user', async () => {
    const tokens: string[] = [];
    const accounts = {
      mail: (sent: AccountMail) => void ('token' in sent && tokens.push(sent.token)),
      url: 'https://{tenant}.example.com/{kind}#token={token}',
    };
    const users = { tenant: org, emailVerified: members.verified };
    const client = (await start(users, { ...tenantOptions, accounts })).client();
    const mail = `${unique('links')}@example.com`;
    await put({ org: 'north', email: mail });
    await client.post('/auth/login', { email: mail, password: PASSWORD }, at('north'));
    await client.post('/auth/email/verify/send');
    await until(() => tokens.length === 1);
    await client.post('/auth/email/verify', { token: tokens[0] });
    await client.post('/auth/password/forgot', { email: mail }, at('north'));
    await until(() => tokens.length === 2);
    const reset = { token: tokens[1], newPassword: `${PASSWORD} of next year` };
    expect((await client.post('/auth/password/reset', reset)).status).toBe(204);
    const told = ['link.requested', 'link.used', 'email.verified'].flatMap(seen);
    expect(told.map(({ kind, tenant }) => [kind, tenant])).toEqual([
      ['email_verify', 'north'],
      ['password_reset', 'north'],
      ['email_verify', 'north'],
      ['password_reset', 'north'],
      [undefined, 'north'],
    ]);
  });

  it('an admin of a tenant ends the sessions of its users alone; one of no tenant those of all', async () => {
    const client = (await start({ tenant: org }, tenantOptions)).client();
    const signedIn = async (tenant: string, role?: string) => {
      const email = `${unique('staff')}@example.com`;
      const id = await put({ org: tenant, email, role });
      const body = { email, password: PASSWORD, transport: 'bearer' };
      const login = await client.post('/auth/login', body, at(tenant));
      const { accessToken } = login.json<{ accessToken: string }>();
      return { id, as: { headers: { authorization: `Bearer ${accessToken}` } } };
    };
    const north = await signedIn('north', 'admin');
    const [own, other] = [await signedIn('north'), await signedIn('south')];
    const end = async ({ id }: { readonly id: string }, by: typeof north) =>
      (await client.post(`/auth/users/${id}/revoke`, undefined, by.as)).status;
    expect([await end(other, north), await end(own, north)]).toEqual([404, 204]);
    expect((await client.get('/checked', other.as)).status).toBe(200);
    await database().pool.query('update members set org = null where id = $1', [north.id]);
    expect([await end(other, north), await end(north, north)]).toEqual([204, 204]);
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
