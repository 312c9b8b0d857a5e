import type { IncomingMessage } from 'node:http';
import { Controller, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  OptionalAuth,
  type Principal,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import type { AccountMail } from '@tokenward/nestjs/options';
import { AuthError, DpopProofs } from '@tokenward/nestjs/verify';
import { type Ending, LiveSockets } from '@tokenward/nestjs/ws';
import { dpopClient } from './support/dpop-client.js';
import { type FactorHost, factorHost, PASSWORD } from './support/factor-host.js';
import { bearer } from './support/stage.js';
import { until } from './support/until.js';

type FindById = FactorHost['storage']['users']['findById'];

@Controller()
@UseGuards(JwtAuthGuard, TokenVersionGuard)
class ConfirmedController {
  @Get('confirmed')
  confirmed(@CurrentUser() { permissions }: Principal) {
    return { permissions };
  }

  @OptionalAuth()
  @Get('confirmed-or-nobody')
  optional(@CurrentUser() user: Principal | undefined) {
    return { id: user?.id ?? null };
  }
}

/** As a mistake: the version is looked at before anybody has looked at the token. */
@Controller('wrong-order')
@UseGuards(TokenVersionGuard, JwtAuthGuard)
class WrongOrderController {
  @OptionalAuth()
  @Get()
  optional() {
    return 'in';
  }
}

describe('TokenVersionGuard, API keys and a directory of the host', () => {
  let host: FactorHost;
  const sent: AccountMail[] = [];
  beforeAll(async () => {
    host = await factorHost({
      apiKeys: {},
      accounts: {
        mail: (mail) => void sent.push(mail),
        url: 'https://app.example.com/{kind}#token={token}',
      },
      controllers: [ConfirmedController, WrongOrderController],
      throttle: { accountAndAddress: 10, account: 10, address: 3, window: '15m' },
    });
  });
  afterAll(() => host.close());

  const get = (path: string, token?: string) =>
    host.client().get(path, token === undefined ? {} : bearer(token));
  const owner = (permissions: readonly string[] = []) =>
    host.storage.users.set({ email: `${crypto.randomUUID()}@example.com`, permissions });
  const keyOf = async (id: string) => (await host.auth.createApiKey(id, { name: 'robot' })).key;
  /** Until it is called, the directory answers what `change` makes of it. */
  function changeDirectory(change: (found: FindById) => FindById): () => void {
    const { users } = host.storage;
    const found = users.findById.bind(users);
    users.findById = change(found);
    return () => (users.findById = found);
  }

  // T-2p46
  it('a key stays valid when the directory lists the permissions in another order, but not with others', async () => {
    const key = await keyOf(owner(['a', 'b']));
    expect((await get('/confirmed', key)).status).toBe(200);
    const listing = async (permissions: readonly string[]) => {
      const restore = changeDirectory((findById) => async (id) => {
        const found = await findById(id);
        return found && { ...found, account: { ...found.account, permissions } };
      });
      const { status } = await get('/confirmed', key);
      restore();
      return status;
    };
    expect(await listing(['b', 'a'])).toBe(200);
    expect(await listing(['b'])).toBe(401);
    expect(await listing(['b', 'c'])).toBe(401);
  });

  // T-h5zb
  it('an outage of the directory does not count as guesses of keys', async () => {
    const key = await keyOf(owner());
    const restore = changeDirectory(() => () => Promise.reject(AuthError.unavailable('away')));
    for (let n = 0; n < 4; n++) expect((await get('/auth/me', key)).status).toBe(503);
    restore();
    expect((await get('/auth/me', key)).status).toBe(200);
  });

  // T-mx22
  it('@OptionalAuth accepts no token and a token that the database confirms, but no bad token', async () => {
    expect((await get('/confirmed-or-nobody')).json()).toEqual({ id: null });
    const person = await host.person();
    const { accessToken } = await host.signIn(person);
    expect((await get('/confirmed-or-nobody', accessToken)).json()).toEqual({ id: person.id });
    expect((await get('/confirmed-or-nobody', `${accessToken}x`)).status).toBe(401);
    expect((await get('/confirmed')).status).toBe(401);
  });

  const open = async (key: string) => {
    const sockets = host.app.get(LiveSockets, { strict: false });
    const client = {};
    const endings: Ending[] = [];
    await sockets.open(client, { headers: {} }, (ending) => void endings.push(ending));
    expect(await sockets.present(client, key)).toBe('authenticated');
    return { endings, principal: () => sockets.principalOf(client) };
  };

  it.each<[string, () => Promise<never>, string]>([
    ['fails', () => Promise.reject(AuthError.unavailable('away')), '0s'],
    ['is silent for longer than a view may be old', () => new Promise(() => undefined), '2s'],
  ])('a socket whose key cannot be looked up again ends: the store %s', async (_, read, after) => {
    const id = owner();
    const { endings } = await open(await keyOf(id));
    const { apiKeys } = host.storage;
    const good = apiKeys.read.bind(apiKeys);
    apiKeys.read = read;
    await host.auth.revokeUser(id);
    host.clock.advance(after);
    await until(() => endings.length > 0, 2_000);
    apiKeys.read = good;
    expect(endings).toEqual([{ code: 4503, reason: 'unproven' }]);
  });

  it('a socket of a key is closed where the owner gets other rights, as a user’s is', async () => {
    const id = owner();
    const key = await keyOf(id);
    const { endings } = await open(key);
    host.storage.users.set({ id, permissions: ['new'] });
    await host.auth.changeUser(id, 'authorization');
    await until(() => endings.length > 0, 2_000);
    expect(endings).toEqual([{ code: 4401, reason: 'revoked' }]);
    const again = await open(key);
    expect(again.principal()?.permissions).toContain('new');
  });

  // T-bj2h
  it('a socket stays open as long as the API key that signed it in is valid', async () => {
    const id = owner();
    const short = await host.auth.createApiKey(id, { name: 'short', expiresIn: 5400 });
    const [long, brief] = [await open(await keyOf(id)), await open(short.key)];
    const before = [long.principal(), brief.principal()];
    await host.auth.revokeUser(id);
    await until(() => long.principal() !== before[0] && brief.principal() !== before[1], 2_000);
    host.clock.advance('89m');
    await until(() => (long.principal()?.expiresAt ?? 0) * 1000 > host.clock.now(), 2_000);
    expect([long.endings, brief.endings]).toEqual([[], []]);
    host.clock.advance('61s');
    await until(() => brief.endings.length > 0, 2_000);
    expect([long.endings, brief.endings]).toEqual([[], [{ code: 4401, reason: 'expired' }]]);
    host.storage.users.set({ id, disabled: 'disabled' });
    await host.auth.changeUser(id, 'disabled');
    await until(() => long.endings.length > 0, 2_000);
    expect(long.endings).toEqual([{ code: 4401, reason: 'revoked' }]);
  });

  it('the owner gets a mail about a key that their session created, but not about one of the host', async () => {
    const { id, email } = await host.person();
    const { accessToken } = await host.signIn({ id, email });
    await keyOf(id);
    expect((await host.post('api-keys', { name: 'robot' }, accessToken)).status).toBe(201);
    const told = () => sent.filter((mail) => mail.userId === id && mail.kind === 'factor_changed');
    await until(() => told().length > 0, 2_000);
    expect(told()).toMatchObject([{ to: email, what: 'API key added' }]);
  });

  // T-x66d
  it('before JwtAuthGuard it refuses every request, because no caller was verified yet', async () => {
    const { accessToken } = await host.signIn(await host.person());
    for (const token of [undefined, accessToken])
      expect((await get('/wrong-order', token)).status).toBe(401);
  });
});

type ClientRequest = IncomingMessage & { readonly ip?: string };

@Controller('support')
@UseGuards(JwtAuthGuard)
class SupportController {
  constructor(
    private readonly auth: AuthService,
    private readonly proofs: DpopProofs,
  ) {}

  @Post(':id/act')
  @HttpCode(200)
  act(@CurrentUser() actor: Principal, @Param('id') id: string, @Req() request: ClientRequest) {
    return this.proofs.provedBy(request, async (client) => {
      const { grant } = await this.auth.openSession(id, { actor, transport: 'bearer', client });
      return grant;
    });
  }
}

describe.each(['request', 'refresh'] as const)('dpop: require, bound at each %s', (bind) => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost({ dpop: { mode: 'require', bind }, controllers: [SupportController] });
  });
  afterAll(() => host.close());

  // T-c75p
  it('an admin with a bound token acts as a user, in a session of the same key', async () => {
    const passwordHash = await host.app.get(PasswordHasher).hash(PASSWORD);
    const email = 'admin@example.com';
    host.storage.users.set({ email, passwordHash, role: 'admin' });
    const user = host.storage.users.set({ email: 'user@example.com', role: 'user' });
    const client = await dpopClient();
    const login = await client.call('POST', `${host.url}/auth/login`, {
      json: { email, password: PASSWORD, transport: 'bearer' },
    });
    const { accessToken: token } = login.json<{ accessToken: string }>();
    const scheme = bind === 'request' ? 'DPoP' : 'Bearer';
    const opened = await client.call('POST', `${host.url}/support/${user}/act`, { token, scheme });
    expect([opened.status, opened.json()]).toEqual([
      200,
      expect.objectContaining({ tokenType: scheme }),
    ]);
    const { accessToken, refreshToken } = opened.json<{
      accessToken: string;
      refreshToken: string;
    }>();
    const me = await client.call('GET', `${host.url}/auth/me`, { token: accessToken, scheme });
    expect(me.json()).toMatchObject({ id: user, bound: 'dpop' });
    const thief = await dpopClient();
    const stolen = await thief.call('POST', `${host.url}/auth/refresh`, { json: { refreshToken } });
    expect(stolen.status).toBe(400);
  });
});
