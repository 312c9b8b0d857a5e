import { expect, it } from '@jest/globals';
import { PasswordHasher } from '@tokenward/nestjs';
import { SoftwarePasskey } from './support/authenticator.js';
import { factorHost, ORIGIN, PASSWORD, type Session } from './support/factor-host.js';
import { passkeyCeremonies } from './support/passkey-ceremonies.js';

// T-q5tn
it('a passkey signs in only to its own tenant, and not if the request names no tenant', async () => {
  const odd: Readonly<Record<string, unknown>> = { nowhere: undefined, null: null, number: 7 };
  const tenant = ({ headers }: { headers: Readonly<Record<string, unknown>> }) => {
    const named = String(headers['x-tenant'] ?? 'north');
    return (named in odd ? odd[named] : named) as string;
  };
  const shops = await factorHost({ identifier: { tenant } });
  const at = (path: string, json: object, headers: Record<string, string>) =>
    shops.client().post(`/auth/${path}`, json, { headers });
  const passwordHash = await shops.app.get(PasswordHasher).hash(PASSWORD);
  shops.storage.users.set({ email: 'ann@example.com', tenant: 'north', passwordHash });
  const key = new SoftwarePasskey(ORIGIN);
  const login = { email: 'ann@example.com', password: PASSWORD, transport: 'bearer' };
  const { accessToken } = (await at('login', login, {})).json<Session & Record<string, unknown>>();
  const there = passkeyCeremonies(shops);
  expect((await there.register(accessToken, key)).status).toBe(201);
  for (const [where, expected] of [
    ['south', 401],
    ['nowhere', 401],
    ['null', 401],
    ['number', 401],
    ['', 401],
    ['north', 200],
  ] as const) {
    const { ticket, options } = await there.ceremony('passkeys/login/options', {});
    const answer = await at(
      'passkeys/login',
      { ticket, response: key.get(options) },
      { 'x-tenant': where },
    );
    expect([where, answer.status]).toEqual([where, expected]);
  }
  await shops.close();
});

it('wrong answers of passkeys are counted against their address, and right ones are not', async () => {
  const counting = await factorHost({ throttle: { address: 3 } });
  const session = await counting.signIn(await counting.person());
  const key = new SoftwarePasskey(ORIGIN);
  const there = passkeyCeremonies(counting);
  await there.register(session.accessToken, key);
  const answer = async (unverified: boolean) => {
    const { ticket, options } = await there.ceremony('passkeys/login/options', {});
    const passkey = key.get(options, unverified ? { unverified } : {});
    return (await counting.post('passkeys/login', { ticket, response: passkey })).status;
  };
  const statuses: number[] = [];
  for (const wrong of [false, true, false, true, false, true, false])
    statuses.push(await answer(wrong));
  expect(statuses).toEqual([200, 401, 200, 401, 200, 401, 429]);
  await counting.close();
});
