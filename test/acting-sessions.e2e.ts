import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { type AuthService, CurrentUser, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';
import { ManualClock, memoryStorage, type MemoryStorage } from '@tokenward/nestjs/testing';
import { type FactorHost, factorHost } from './support/factor-host.js';
import type { HttpClient } from './support/http.js';
import { bearer } from './support/stage.js';

describe('openSession with an actor', () => {
  let host: FactorHost;
  let auth: AuthService;
  beforeAll(async () => {
    host = await factorHost({
      sessions: { mayActAs: { admin: ['support', 'user'], support: ['user'] } },
    });
    auth = host.auth;
  });
  afterAll(() => host.close());

  const users = () => host.storage.users;
  const withRole = (role?: string) =>
    users().set({
      email: `${crypto.randomUUID()}@example.com`,
      ...(role !== undefined && { role }),
    });
  const open = (id: string, actor: string, ttl?: string) =>
    auth.openSession(id, {
      actor: { id: actor },
      transport: 'bearer',
      ...(ttl && { ttl: ttl as '1m' }),
    });
  const refresh = (refreshToken: string) => host.post('refresh', { refreshToken });

  // T-4gwv
  it('lasts for the given time, and no token outlives it', async () => {
    const { grant } = await open(withRole('user'), withRole('support'), '20m');
    expect(grant).toMatchObject({ accessExpiresInSeconds: 900, refreshMaxAgeSeconds: 1200 });
    expect(grant).not.toHaveProperty('deviceToken');
    await host.clock.advance('14m');
    const next = (await refresh(grant.refreshToken)).json<{
      expiresIn: number;
      refreshToken: string;
    }>();
    expect(next.expiresIn).toBe(360);
    await host.clock.advance('6m');
    expect((await refresh(next.refreshToken)).status).toBe(401);
    const short = (await open(withRole('user'), withRole('admin'), '5m')).grant;
    expect(short.accessExpiresInSeconds).toBe(300);
    const byDefault = (await open(withRole('user'), withRole('admin'))).grant;
    expect(byDefault.refreshMaxAgeSeconds).toBe(3600);
  });

  it.each<[string | undefined, string | undefined, 'opens' | 'forbidden']>([
    ['admin', 'support', 'opens'],
    ['admin', 'user', 'opens'],
    ['support', 'user', 'opens'],
    ['support', undefined, 'opens'],
    ['support', 'support', 'forbidden'],
    ['support', 'admin', 'forbidden'],
    ['admin', 'admin', 'forbidden'],
    ['admin', 'auditor', 'forbidden'],
    ['user', 'user', 'forbidden'],
    ['user', undefined, 'forbidden'],
    [undefined, 'user', 'forbidden'],
    ['constructor', undefined, 'forbidden'],
  ])('the role %s as %s: %s', async (by, as, expected) => {
    const opening = open(withRole(as), withRole(by));
    if (expected === 'opens') await expect(opening).resolves.toMatchObject({ grant: {} });
    else await expect(opening).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('refuses an actor who is acting already, gone or disabled, and needs no second factor of the user', async () => {
    const [boss, user] = [withRole('admin'), withRole('user')];
    const helper = withRole('support');
    const actor = { id: helper, actor: { id: boss } };
    await expect(auth.openSession(user, { actor })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(open(user, 'nobody')).rejects.toMatchObject({ code: 'forbidden' });
    users().set({ id: helper, email: 'helper@example.com', role: 'support', disabled: 'disabled' });
    await expect(open(user, helper)).rejects.toMatchObject({ code: 'forbidden' });

    const person = await host.person();
    await host.addTotp((await host.signIn(person)).accessToken);
    const { grant } = await open(person.id, boss);
    await expect(auth.renewProof(grant.sessionId, ['otp'])).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(host.events.filter(({ type }) => type === 'login.succeeded').at(-1)).toMatchObject({
      userId: person.id,
      actorId: boss,
    });
  });

  describe.each(['here', 'elsewhere'] as const)('with users %s', (where) => {
    let away: FactorHost;
    let left: HttpClient;
    let directory: MemoryStorage['users'];
    beforeAll(async () => {
      @Controller('sure')
      class Sure {
        @Get()
        @UseGuards(JwtAuthGuard, TokenVersionGuard)
        ask(@CurrentUser('id') id: string) {
          return { id };
        }
      }
      const clock = new ManualClock();
      const storage = memoryStorage({ clock, users: where });
      directory = storage.users;
      const elsewhere = where === 'elsewhere' && { users: directory };
      away = await factorHost({ clock, storage, ...elsewhere, controllers: [Sure] });
      left = away.client();
    });
    afterAll(() => away.close());

    // T-r4gt
    it.each<[string, 'actor' | 'user', Parameters<MemoryStorage['users']['set']>[0], number]>([
      ['the actor has another role', 'actor', { role: 'support' }, 401],
      ['the actor has none', 'actor', {}, 401],
      ['the actor is of another tenant', 'actor', { role: 'admin', tenant: 'b' }, 401],
      ['the actor is disabled', 'actor', { role: 'admin', disabled: 'disabled' }, 401],
      ['the user has the role of the actor', 'user', { role: 'admin' }, 401],
      ['nothing of it changed', 'actor', { role: 'admin', name: 'Boss' }, 200],
    ])('the right to act is checked again: %s', async (_case, who, now, status) => {
      const ids = {
        actor: directory.set({ role: 'admin' }),
        user: directory.set({ role: 'user' }),
      };
      const { grant } = await away.auth.openSession(ids.user, {
        actor: { id: ids.actor },
        transport: 'bearer',
      });
      const sure = () => left.get('/sure', bearer(grant.accessToken));
      expect((await sure()).status).toBe(200);
      directory.set({ ...now, id: ids[who] });
      expect((await sure()).status).toBe(status);
      expect((await away.post('refresh', { refreshToken: grant.refreshToken })).status).toBe(
        status,
      );
    });
  });

  it.each<[string, object]>([
    ['openSession.ttl', { actor: { id: 'x' }, ttl: '61m' }],
    ['openSession.ttl', { ttl: '5m' }],
    ['openSession.actor', { actor: 'x' }],
    ['openSession.actor', { actor: { id: '' } }],
  ])('a mistake in %s is named', async (option, options) => {
    const opening = auth.openSession(withRole('user'), options);
    await expect(opening).rejects.toMatchObject({ detail: expect.stringContaining(option) });
  });
});
