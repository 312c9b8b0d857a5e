import { describe, expect, it } from '@jest/globals';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import { drizzleStorage, type UserColumns } from '@tokenward/nestjs/drizzle';
import { isNull } from 'drizzle-orm';
import { BARE, memberHosts, members, PASSWORD, REFUSED } from './support/member-hosts.js';

const { org, username, deletedAt } = members;
const { database, hash, put, seen, start, unique } = memberHosts();

describe('what people sign in with', () => {
  describe('a username', () => {
    const options = { identifier: { name: 'username' } };

    // T-kh68
    it('is the name of the field in bodies and errors of login and registration', async () => {
      const client = (await start({ identifier: username }, options)).client();
      const name = unique('Grace.Hopper');
      const made = await client.post('/auth/register', {
        username: ` ${name} `,
        password: PASSWORD,
      });
      expect([made.status, made.json()]).toEqual([
        201,
        { user: { id: expect.any(String), email: '' } },
      ]);
      const again = await client.post('/auth/register', {
        username: name.toUpperCase(),
        password: PASSWORD,
        email: 'grace@example.com',
      });
      expect([again.status, again.json()['message']]).toEqual([
        409,
        'username: already registered',
      ]);
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
      expect(
        (await client.post('/auth/login', { identifier: name, password: PASSWORD })).status,
      ).toBe(400);
    });

    it.each([
      ['decomposed', 'Jose\u0301', 'jos\u00e9'],
      ['in full width', '\uff2c\uff49\uff4e\uff55\uff53', 'linus'],
      ['with a dotted capital I', '\u0130pek', '\u0130pek'],
    ])(
      'that is stored %s signs in, and is taken for a registration',
      async (_how, stored, typed) => {
        const client = (await start({ identifier: username }, options)).client();
        const tail = unique('');
        const own = await put({ username: stored + tail });
        const login = await client.post('/auth/login', {
          username: typed + tail,
          password: PASSWORD,
        });
        expect([login.status, login.json<{ user: { id: string } }>().user.id]).toEqual([200, own]);
        const body = { username: typed + tail, password: PASSWORD };
        expect((await client.post('/auth/register', body)).status).toBe(409);
        await put({ username: (typed + tail).normalize('NFKC').toLowerCase() });
        const twice = await client.post('/auth/login', {
          username: typed + tail,
          password: PASSWORD,
        });
        expect([twice.status, seen('user.ambiguous').length > 0]).toEqual([503, true]);
      },
    );

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
        const spellings = [
          who,
          who.toUpperCase(),
          fullWidth(who),
          ` ${who}`,
          `${who}.`,
          `${who}+tag`,
        ];
        const answers = [];
        for (let n = 0; n < 11; n++)
          answers.push(
            await client.post('/auth/login', {
              username: spellings[n % 6],
              password: `wrong password ${n}`,
            }),
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
      expect(
        (await client.post('/auth/login', { phone: '+49 30 1234567', password: PASSWORD })).status,
      ).toBe(200);
      const refused = await client.post('/auth/login', {
        phone: 'secret text',
        password: PASSWORD,
      });
      expect([refused.status, refused.json()['message']]).toEqual([400, 'phone: is not one']);
    });
  });

  it.each<[string, Partial<UserColumns>, Partial<AuthModuleOptions>, string]>([
    [
      'a name without its column',
      {},
      { identifier: { name: 'username' } },
      'identifier.name: is username',
    ],
    [
      'tenants without their column',
      {},
      { identifier: { tenant: () => 'x' } },
      'identifier.tenant: is set',
    ],
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
      await database().pool.query('update members set deleted_at = now() where id = $1', [key]);

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
      expect(
        (await database().pool.query('select secret from members where id = $1', [key])).rows,
      ).toEqual([{ secret: hash() }]);
      // who comes under that email next is somebody else
      const again = await host.client().post('/auth/register', credentials);
      expect([again.status, again.json<{ user: { id: string } }>().user.id === key]).toEqual([
        201,
        false,
      ]);
      expect((await host.client().post('/auth/login', credentials)).status).toBe(200);
    });
  });

  // T-vmdh
  it('a hidden row gets no mailed link, and its email is free', async () => {
    const { users } = drizzleStorage(database().db, {
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
});

const fullWidth = (text: string): string =>
  text.replaceAll(/[a-z0-9]/gi, (each) => String.fromCodePoint(each.charCodeAt(0) + 0xfee0));
