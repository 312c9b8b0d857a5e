import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDpopClient } from '@tokenward/client/dpop';
import { loginWithSecondFactor } from '@tokenward/client/factors';
import { authSocket } from '@tokenward/client/sockets';
import { LiveSockets } from '@tokenward/nestjs/ws';
import type { AccountMail } from '@tokenward/nestjs/options';
import { calculateThumbprint } from 'dpop';
import { SoftwarePasskey } from './support/authenticator.js';
import { type DpopClient, dpopClient } from './support/dpop-client.js';
import {
  type FactorHost,
  factorHost,
  ORIGIN,
  PASSWORD,
  type Person,
} from './support/factor-host.js';
import type { HttpAnswer } from './support/http.js';
import { claimsOf } from './support/stage.js';
import { until } from './support/until.js';

const NOBODY = { email: 'nobody@example.com', password: PASSWORD };
const BEARER = { transport: 'bearer' } as const;
interface Grant {
  readonly tokenType: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}
interface Ceremony {
  readonly ticket: string;
  readonly options: object;
}
/** One way in: where it is, and what opens a session or not. */
interface Way {
  readonly path: string;
  good(): Promise<object>;
  readonly bad: object;
  readonly refusal: number;
}

describe('a sign-in with a proof', () => {
  let host: FactorHost;
  let owner: DpopClient;
  let thief: DpopClient;
  const sent: AccountMail[] = [];
  beforeAll(async () => {
    const mail = (message: AccountMail) => void sent.push(message);
    host = await factorHost({
      dpop: 'offer',
      accounts: { mail, url: 'https://app.example.com/{kind}#token={token}' },
    });
    [owner, thief] = await Promise.all([dpopClient(), dpopClient()]);
    // learns the nonce of the process
    for (const client of [owner, thief])
      await client.call('POST', `${host.url}/auth/login`, { json: NOBODY });
  });
  afterAll(() => host.close());

  const post = (by: DpopClient, path: string, json: object, proof?: string): Promise<HttpAnswer> =>
    by.call('POST', `${host.url}/auth/${path}`, { json, ...(proof !== undefined && { proof }) });
  const proofAt = (by: DpopClient, path: string) => by.proofFor('POST', `${host.url}/auth/${path}`);
  const password = ({ email }: Person) => ({ email, password: PASSWORD, ...BEARER });
  const withTotp = async () => {
    const person = await host.person();
    const { accessToken } = await host.signIn(person);
    return { person, ...(await host.addTotp(accessToken)) };
  };
  const withPasskey = async () => {
    const person = await host.person();
    const { accessToken } = await host.signIn(person);
    const begun = await host.post('passkeys/register/options', {}, accessToken);
    const { ticket, options } = begun.json<Ceremony & Record<string, unknown>>();
    const key = new SoftwarePasskey(ORIGIN);
    await host.post('passkeys/register', { ticket, response: key.create(options) }, accessToken);
    return { person, key };
  };
  const ceremony = async (json: object) =>
    (await host.post('passkeys/login/options', json)).json<Ceremony & Record<string, unknown>>();
  /** The first step, with the owner's proof. */
  const ticketOf = async (person: Person) =>
    (await post(owner, 'login', password(person))).json<{ ticket: string }>().ticket;

  const WAYS: Record<string, () => Promise<Way>> = {
    'a password': async () => {
      const person = await host.person();
      const bad = { ...password(person), password: 'not the passphrase' };
      return { path: 'login', good: async () => password(person), bad, refusal: 401 };
    },
    'a second factor': async () => {
      const { person, recoveryCodes } = await withTotp();
      return {
        path: 'login/second-factor',
        refusal: 401,
        good: async () => ({ ticket: await ticketOf(person), recoveryCode: recoveryCodes[0] }),
        bad: { ticket: 'x'.repeat(43), recoveryCode: recoveryCodes[0] },
      };
    },
    'a passkey as the second factor': async () => {
      const { person, key } = await withPasskey();
      return {
        path: 'login/second-factor',
        refusal: 401,
        good: async () => {
          const { ticket, options } = await ceremony({ ticket: await ticketOf(person) });
          return { ticket, passkey: key.get(options) };
        },
        bad: { ticket: 'x'.repeat(43), passkey: {} },
      };
    },
    'a passkey': async () => {
      const { key } = await withPasskey();
      return {
        path: 'passkeys/login',
        refusal: 401,
        good: async () => {
          const { ticket, options } = await ceremony({});
          return { ticket, response: key.get(options), ...BEARER };
        },
        bad: { ticket: 'x'.repeat(43), response: { id: 'x', response: {} }, ...BEARER },
      };
    },
    'a magic link': async () => {
      const { email } = await host.person();
      return {
        path: 'magic-link/login',
        refusal: 400,
        good: async () => {
          await host.post('magic-link', { email });
          const found = () => sent.find((each) => each.to === email && each.kind === 'magic_link');
          await until(() => found() !== undefined);
          return { token: (found() as { token: string }).token, ...BEARER };
        },
        bad: { token: 'x'.repeat(43), ...BEARER },
      };
    },
  };

  it.each(Object.entries(WAYS))(
    'by %s is bound to the key, and renewed by it alone',
    async (_, begin) => {
      const way = await begin();
      const answer = await post(owner, way.path, await way.good());
      expect(answer.status).toBe(200);
      const grant = answer.json<Grant & Record<string, unknown>>();
      expect(grant.tokenType).toBe('DPoP');
      expect(claimsOf(grant.accessToken)).toMatchObject({
        cnf: { jkt: await calculateThumbprint(owner.keys.publicKey) },
      });
      const renew = (by: DpopClient) => post(by, 'refresh', { refreshToken: grant.refreshToken });
      expect((await renew(thief)).status).toBe(400);
      expect((await renew(owner)).status).toBe(200);
    },
  );

  it.each(Object.entries(WAYS))(
    'by %s uses its proof up only where it succeeds',
    async (_, begin) => {
      const { path, good, bad, refusal } = await begin();
      const proof = await proofAt(owner, path);
      for (let n = 0; n < 2; n++) {
        const refused = await post(owner, path, bad, proof);
        expect([refused.status, refused.json()['message']]).not.toContain(
          'dpop: invalid_dpop_proof',
        );
        expect(refused.status).toBe(refusal);
      }
      expect((await post(owner, path, await good(), proof)).status).toBe(200);
      const again = await post(owner, path, bad, proof);
      expect([again.status, again.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
    },
  );

  // T-gftw
  it('that is a refresh uses up its proof only if it succeeds', async () => {
    const { refreshToken } = (await post(owner, 'login', password(await host.person()))).json<
      Grant & Record<string, unknown>
    >();
    const proof = await proofAt(owner, 'refresh');
    for (let n = 0; n < 2; n++)
      expect((await post(owner, 'refresh', { refreshToken: 'junk' }, proof)).status).toBe(401);
    expect((await post(owner, 'refresh', { refreshToken }, proof)).status).toBe(200);
    expect((await post(owner, 'refresh', { refreshToken }, proof)).status).toBe(400);
    // the theft that a spent token would be is not one without a proof of its own
    expect(host.events.map(({ type }) => type)).not.toContain('session.reused');
  });

  // T-j529
  it('needs the key of the first step at the second: another key or none is refused, and costs no try', async () => {
    const { person, recoveryCodes } = await withTotp();
    const ticket = await ticketOf(person);
    const step = { ticket, recoveryCode: recoveryCodes[0] };
    for (let n = 0; n < 6; n++) {
      const other = await post(thief, 'login/second-factor', step);
      expect([other.status, other.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
      const none = await host.post('login/second-factor', step);
      expect([none.status, none.json()['code']]).toEqual([403, 'device_required']);
    }
    expect((await post(owner, 'login/second-factor', step)).json()).toMatchObject({
      tokenType: 'DPoP',
    });
  });

  // T-m297
  it('works with @tokenward/client/dpop: in two steps, at requests and refreshes, in a socket', async () => {
    const { person, recoveryCodes } = await withTotp();
    const sent: string[] = [];
    const client = createDpopClient({ baseUrl: host.url, transport: 'bearer', refreshAheadMs: 0 });
    const due = await client.login({ email: person.email, password: PASSWORD });
    const [recoveryCode = ''] = recoveryCodes;
    if (due.next !== 'second_factor') throw new Error('no second step');
    await loginWithSecondFactor(client, { ticket: due.ticket, recoveryCode });
    expect(await client.session()).toMatchObject({ id: person.id, bound: 'dpop' });
    expect(await client.refresh()).toBe('refreshed');
    expect(await client.session()).toMatchObject({ id: person.id, bound: 'dpop' });

    const [first] = await host.auth.sessions(person.id);
    const url = `${host.url.replace('http', 'ws')}/events`;
    class FakeSocket {
      static readonly OPEN = 1;
      readonly readyState = 1;
      onopen?: () => void;
      constructor() {
        setImmediate(() => this.onopen?.());
      }
      send = (text: string) => void sent.push(text);
      close = () => undefined;
    }
    const socket = authSocket(client, url, {
      WebSocket: FakeSocket as never,
      onMessage: () => undefined,
    });
    await until(() => sent.length === 1);
    socket.close();
    const { token, proof } = JSON.parse(sent[0] ?? '') as { token: string; proof: string };
    const sockets = host.app.get(LiveSockets, { strict: false });
    const handshake = { headers: { host: new URL(host.url).host }, url: '/events', method: 'GET' };
    await sockets.open(socket, handshake, () => undefined);
    expect(await sockets.present(socket, token, proof)).toBe('authenticated');
    sockets.closed(socket);

    await client.logout();
    expect(await client.session()).toBeUndefined();
    const again = await client.login({ email: (await host.person()).email, password: PASSWORD });
    const [second] = again.next === undefined ? await host.auth.sessions(again.id) : [];
    expect(second?.bound?.key).not.toBe(first?.bound?.key);
    client.close();
  });

  it('whose first step had no proof is bound by the second', async () => {
    const { person, recoveryCodes } = await withTotp();
    const { ticket } = await host.ticketOf(person);
    const answer = await post(owner, 'login/second-factor', {
      ticket,
      recoveryCode: recoveryCodes[0],
    });
    expect(answer.json()).toMatchObject({ tokenType: 'DPoP' });
  });
});
