import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import { grant } from '../../verify/http/samples.fixture.js';
import { LOGIN, message, names, RoutesUnderTest, USER } from './routes.fixture.js';

/** As the flows are told it. */
const READ = { identifier: LOGIN.email, password: LOGIN.password };

describe.each(ADAPTERS)('signing in on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);
  const { flows } = routes;

  describe('login and register', () => {
    it.each<[IssuedTokens['transport'], string[], string[]]>([
      ['cookie', [], ['access_token', 'refresh_token', 'device']],
      ['hybrid', ['accessToken'], ['refresh_token', 'device', 'access_token cleared']],
      [
        'bearer',
        ['accessToken', 'refreshToken', 'device'],
        ['access_token cleared', 'refresh_token cleared'],
      ],
    ])('answers by transport: %s', async (transport, members, cookies) => {
      flows.LoginFlow.login.mockResolvedValue({
        user: USER,
        grant: grant({ transport, deviceToken: 'ddd' }),
      });
      const answer = await routes.post('login', {
        json: { ...LOGIN, transport, rememberMe: true },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(Object.keys(answer.json as object)).toEqual([
        'user',
        'tokenType',
        'expiresIn',
        ...members,
      ]);
      expect(answer.json).toMatchObject({
        user: { id: 'u1', email: 'ann@example.com', role: 'user', name: 'Ann' },
        tokenType: 'Bearer',
        expiresIn: 900,
      });
      expect(answer.text).not.toContain('argon2id');
      expect(names(answer).sort()).toEqual(cookies.sort());
      expect(flows.LoginFlow.login).toHaveBeenCalledWith(
        expect.objectContaining({ ...READ, transport, rememberMe: true }),
        expect.objectContaining({ ip: '127.0.0.1' }),
      );
    });

    it('passes the device to the flow: from its cookie, or else from the body', async () => {
      await routes.post('login', {
        json: { ...LOGIN, device: 'body' },
        headers: { cookie: 'device=cookie' },
      });
      await routes.post('login', { json: { ...LOGIN, device: 'body' } });
      await routes.post('login', { json: LOGIN, headers: { cookie: 'device=a; device=b' } });
      expect(
        flows.LoginFlow.login.mock.calls.map(([input]) => (input as { device?: string }).device),
      ).toEqual(['cookie', 'body', undefined]);
    });

    it('answers a refusal without cookies and with the same bytes, whatever the reason', async () => {
      const texts = [];
      for (const reason of ['unknown_user', 'wrong_password', 'disabled']) {
        flows.LoginFlow.login.mockRejectedValue(new AuthError('login_refused', reason));
        const answer = await routes.post('login', { json: LOGIN });
        expect([answer.status, names(answer), answer.headers['cache-control']]).toEqual([
          401,
          [],
          'no-store',
        ]);
        texts.push(answer.text);
      }
      expect(new Set(texts).size).toBe(1);
    });

    it('answers 429 with Retry-After', async () => {
      flows.LoginFlow.login.mockRejectedValue(
        new AuthError('throttled', 'account', { retryAfterSeconds: 600 }),
      );
      const answer = await routes.post('login', { json: LOGIN });
      expect([answer.status, answer.headers['retry-after']]).toEqual([429, '600']);
    });

    it('registers', async () => {
      const answer = await routes.post('register', {
        json: { ...LOGIN, name: 'Ann', role: 'admin' },
      });
      expect(answer.status).toBe(201);
      expect(answer.json).toEqual({
        user: { id: 'u1', email: 'ann@example.com', role: 'user', name: 'Ann' },
      });
      expect(flows.RegisterFlow.register.mock.calls[0]?.[0]).toEqual({
        ...READ,
        email: LOGIN.email,
        name: 'Ann',
        // the flow decides what is done with them
        others: { role: 'admin' },
      });
      flows.RegisterFlow.register.mockRejectedValue(new AuthError('email_taken', 'x'));
      expect((await routes.post('register', { json: LOGIN })).status).toBe(409);
    });

    it.each<[string, unknown, string[]]>([
      ['nothing', {}, ['email', 'password']],
      ['null', null, ['email', 'password']],
      ['an array', [LOGIN], ['body']],
      ['wrong types', { email: 1, password: { $ne: '' } }, ['email', 'password']],
      ['null members', { email: null, password: null }, ['email', 'password']],
      ['no address', { ...LOGIN, email: 'SECRET-VALUE' }, ['email']],
      ['two at signs', { ...LOGIN, email: 'SECRET@VALUE@x' }, ['email']],
      ['a NUL', { ...LOGIN, email: 'SECRET\u0000@VALUE' }, ['email']],
      ['a long address', { ...LOGIN, email: `${'a'.repeat(320)}@x` }, ['email']],
      ['an empty password', { ...LOGIN, password: '' }, ['password']],
      ['a password of too many bytes', { ...LOGIN, password: 'ä'.repeat(513) }, ['password']],
      ['an unknown transport', { ...LOGIN, transport: 'SECRET-VALUE' }, ['transport']],
      ['rememberMe as text', { ...LOGIN, rememberMe: 'SECRET-VALUE' }, ['rememberMe']],
      [
        'members of the prototype',
        JSON.parse(`{"constructor":{"prototype":{"email":"a@b"}}}`),
        ['email', 'password'],
      ],
    ])(
      'names the fields of malformed input, never their values: %s',
      async (what, json, fields) => {
        const answer = await routes.post('login', { json });
        expect([answer.status, answer.headers['cache-control']]).toEqual([400, 'no-store']);
        expect(Object.keys(answer.json as object)).toEqual([
          'statusCode',
          'error',
          'message',
          'code',
        ]);
        expect(answer.text).not.toContain('SECRET');
        // a parser may refuse it first: null on Express, names of prototypes on Fastify
        const named = message(answer).startsWith('body: ') ? ['body'] : fields;
        for (const field of named) expect(message(answer)).toContain(`${field}: `);
        if (named !== fields)
          expect(['null', 'an array', 'members of the prototype']).toContain(what);
        expect(flows.LoginFlow.login).not.toHaveBeenCalled();
      },
    );

    it('counts the proof of a login for its account, and of one that waits for a second step for nobody yet', async () => {
      await routes.post('login', { json: LOGIN });
      const due = { next: 'second_factor', ticket: 't', methods: ['totp'], expiresIn: 300 };
      flows.LoginFlow.login.mockResolvedValue(due);
      await routes.post('login', { json: LOGIN });
      expect(routes.countedFor).toEqual(['u1', undefined]);
    });

    it('accepts an address with spaces around it, and unknown members', async () => {
      expect(
        (
          await routes.post('login', {
            json: { ...LOGIN, email: ' ann@example.com ', more: { deep: 1 } },
          })
        ).status,
      ).toBe(200);
      expect(flows.LoginFlow.login.mock.calls[0]?.[0]).toEqual(READ);
    });

    it.each([
      'a\u200bnn@example.com',
      'a\u00adnn@example.com',
      '<script>alert(1)</script>@example.com',
      'ann @example.com',
      'ann"x"@example.com',
      'j\u00f6rg@example.com',
      'ann@exa_mple.com',
      'ann@-example.com',
      'ann@example..com',
      'ann@example.com.',
      `ann@${'a'.repeat(64)}.com`,
      'ann@[192.0.2.1]',
      'ann@example.com\n',
      '\tann@example.com',
      '\ufeffann@example.com',
      // three letters each, once it is normalised
      `${'\u3392'.repeat(110)}@example.com`,
    ])('registers no email that a browser would not take: %j', async (email) => {
      const answer = await routes.post('register', { json: { ...LOGIN, email } });
      expect([answer.status, message(answer)]).toEqual([400, expect.stringContaining('email')]);
      expect(answer.text).not.toContain(email);
      expect(flows.RegisterFlow.register).not.toHaveBeenCalled();
    });

    it.each(['a\u200bnn', 'a\u0007nn', '\u202eann', '\u3164', 'Ann\n', '\ufeffAnn', '\u2028Ann'])(
      'refuses to register a name with an invisible character: %j',
      async (name) => {
        const answer = await routes.post('register', { json: { ...LOGIN, name } });
        expect([answer.status, message(answer)]).toEqual([400, expect.stringContaining('name')]);
      },
    );

    it('signs in with an email of older rules, but not with an invisible character', async () => {
      flows.LoginFlow.login.mockResolvedValue({
        user: USER,
        grant: grant({ transport: 'cookie' }),
      });
      const status = async (email: string) =>
        (await routes.post('login', { json: { ...LOGIN, email } })).status;
      expect(await status('j\u00f6rg@example.com')).toBe(200);
      expect(await status('ann@\uff45xample.com')).toBe(200);
      expect(await status('a\u200bnn@example.com')).toBe(400);
    });
  });

  it('does not change an error of the host', async () => {
    flows.LoginFlow.login.mockRejectedValue(new Error('select $1 -- $argon2id$secret'));
    const answer = await routes.post('login', { json: LOGIN });
    expect([answer.status, answer.headers['cache-control']]).toEqual([500, 'no-store']);
    expect(answer.text).not.toContain('argon2id');
  });
});
