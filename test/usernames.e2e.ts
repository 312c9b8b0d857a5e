import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '@tokenward/nestjs';
import type { AccountMail } from '@tokenward/nestjs/options';
import { type FactorHost, factorHost, PASSWORD } from './support/factor-host.js';
import { until } from './support/until.js';

describe('users who sign in by a name', () => {
  const sent: AccountMail[] = [];
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost({
      identifier: { name: 'username' },
      apiKeys: {},
      routes: { register: true },
      accounts: { mail: (mail) => void sent.push(mail) },
    });
  });
  afterAll(() => host.close());

  const register = (username: string, email: string) =>
    host.post('register', { username, email, password: PASSWORD });

  // T-83hn
  it('have an email of their own: a second user with the same email is refused', async () => {
    const email = 'victim@example.com';
    expect((await register('victim', email)).status).toBe(201);
    const second = await register('stranger', email.toUpperCase());
    expect([second.status, second.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'taken', message: 'email: already registered' }),
    ]);
    expect((await host.post('password/forgot', { email })).status).toBe(202);
    await until(() => sent.some(({ kind, to }) => kind === 'password_reset' && to === email));
  });

  // T-qpxb
  it('who share an email get no link, and the answer does not reveal it', async () => {
    const email = 'twice@example.com';
    for (const identifier of ['one', 'other']) host.storage.users.set({ identifier, email });
    const unknown = await host.post('password/forgot', { email: 'nobody@example.com' });
    for (const path of ['password/forgot', 'magic-link']) {
      const answer = await host.post(path, { email });
      expect([path, answer.status, answer.text]).toEqual([path, unknown.status, unknown.text]);
    }
    expect(host.events).toContainEqual(expect.objectContaining({ type: 'user.ambiguous' }));
    expect(sent.filter(({ to }) => to === email)).toEqual([]);
  });

  it('cannot reset the password to their name', async () => {
    const email = 'grace@example.com';
    await register('Admiral Hopper', email);
    await host.post('password/forgot', { email });
    const mailed = () => sent.find(({ kind, to }) => kind === 'password_reset' && to === email);
    await until(() => mailed() !== undefined);
    const { token } = mailed() as { readonly token?: string };
    const refused = await host.post('password/reset', { token, newPassword: 'admiral hopper' });
    expect([refused.status, refused.json()['code']]).toEqual([400, 'invalid_input']);
  });

  // T-s299
  it('whose row is deleted before Tokenward is told leave nothing for the next user with that id', async () => {
    const user = { id: 'emp7', identifier: 'emp7', email: 'old@example.com' };
    const passwordHash = await host.app.get(PasswordHasher).hash(PASSWORD);
    host.storage.users.set({ ...user, passwordHash });
    const { key } = await host.auth.createApiKey('emp7', { name: 'robot' });
    host.storage.users.remove('emp7');
    await host.auth.changeUser('emp7', 'deleted');
    host.storage.users.set({ ...user, email: 'new@example.com' });
    expect((await host.get('me', key)).status).toBe(401);
    await expect(host.auth.changeUser('nobody', 'deleted')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
