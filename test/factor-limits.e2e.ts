import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AuthError } from '@tokenward/nestjs';
import { type FactorHost, factorHost } from './support/factor-host.js';
import { enrolled, signedInWithCode } from './support/factor-sign-in.js';
import { passkeyCeremonies } from './support/passkey-ceremonies.js';

describe('guesses', () => {
  // T-xmkc
  it('are counted over tickets and methods, and a right password gives nothing back before the second step', async () => {
    const host = await factorHost({
      throttle: { accountAndAddress: 6, account: 100, address: 100, window: '15m' },
    });
    const person = await host.person();
    const session = await host.signIn(person);
    const { secret } = await host.addTotp(session.accessToken);
    host.clock.advance('30s');
    // five whole sign-ins use nothing up
    for (const _ of Array.from({ length: 7 })) {
      const { ticket } = await host.ticketOf(person);
      const answer = await host.post('login/second-factor', { ticket, code: host.code(secret) });
      expect(answer.status).toBe(200);
      host.clock.advance('30s');
    }
    const first = await host.ticketOf(person);
    const guess = (ticket: string, answer: object) =>
      host.post('login/second-factor', { ticket, ...answer });
    expect((await guess(first.ticket, { code: '000000' })).status).toBe(401);
    expect((await guess(first.ticket, { recoveryCode: 'none' })).status).toBe(401);
    const second = await host.ticketOf(person);
    expect((await guess(second.ticket, { code: '000001' })).status).toBe(401);
    expect((await guess(second.ticket, { passkey: { id: 'none' } })).status).toBe(401);
    const full = await guess(second.ticket, { code: host.code(secret) });
    expect([full.status, full.json()['code']]).toEqual([429, 'too_many_attempts']);
    expect((await host.password(person)).status).toBe(429);
    expect(
      (await host.post('reauthenticate', { code: '000002' }, session.accessToken)).status,
    ).toBe(429);
    await host.close();
  });
});

// T-l5fc
it('an account adds factors as often as it may fail to sign in; it removes them, and others go on', async () => {
  const host = await factorHost({
    throttle: { accountAndAddress: 4, account: 4, address: 100, window: '15m' },
  });
  const { person, secret, id } = await enrolled(host);
  const { accessToken } = await signedInWithCode(host, person, secret);
  const renewed = () => host.post('factors/recovery-codes', undefined, accessToken);
  // the authenticator app was the first change
  for (const status of [200, 200, 200, 429]) expect((await renewed()).status).toBe(status);
  const refused = await renewed();
  expect([refused.json()['code'], refused.headers['retry-after']]).toEqual([
    'too_many_attempts',
    '840',
  ]);
  expect(host.events.filter(({ type }) => type === 'factor.changed')).toHaveLength(4);
  expect((await host.remove(`factors/${id}`, accessToken)).status).toBe(204);
  expect((await host.password(person)).status).toBe(200);
  await enrolled(host);
  await host.close();
});

// T-d9pk
it('a passkey signs in in a browser whose device has used up the tries of another account', async () => {
  const host = await factorHost({
    throttle: { accountAndAddress: 3, account: 100, address: 100, window: '15m' },
  });
  const { ceremony, withPasskey } = passkeyCeremonies(host);
  const other = await host.person();
  const { device } = (await host.password(other)).json<{ device: string }>();
  const wrong = { email: other.email, password: 'another passphrase', device };
  for (const status of [401, 401, 401, 429])
    expect((await host.post('login', wrong)).status).toBe(status);
  const { key } = await withPasskey();
  const { ticket, options } = await ceremony('passkeys/login/options', {});
  const answer = { ticket, response: key.get(options), transport: 'bearer', device };
  expect((await host.post('passkeys/login', answer)).status).toBe(200);
  await host.close();
});

describe('an outage in the middle of a sign-in', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost({
      throttle: { accountAndAddress: 6, account: 100, address: 100, window: '15m' },
    });
  });
  afterAll(() => host.close());

  // T-76z7
  it('does not count as a guess: the owner signs in when the store is back', async () => {
    const person = await host.person();
    const { secret } = await host.addTotp((await host.signIn(person)).accessToken);
    const { oneTimeTokens } = host.storage;
    const duringOutageOf = async (
      name: 'issue' | 'attempt' | 'redeem',
      work: () => Promise<number>,
    ) => {
      const away = (): Promise<never> => Promise.reject(new AuthError('unavailable', 'away'));
      const outage = jest.spyOn(oneTimeTokens, name).mockImplementation(away);
      for (let n = 0; n < 7; n++) expect([name, await work()]).toEqual([name, 503]);
      outage.mockRestore();
    };
    const second = async (ticket: string) => {
      host.clock.advance('30s');
      return (await host.post('login/second-factor', { ticket, code: host.code(secret) })).status;
    };
    await duringOutageOf('issue', async () => (await host.password(person)).status);
    const { ticket } = await host.ticketOf(person);
    await duringOutageOf('attempt', () => second(ticket));
    expect(await second(ticket)).toBe(200);
    await duringOutageOf('redeem', async () => second((await host.ticketOf(person)).ticket));
    expect(await second((await host.ticketOf(person)).ticket)).toBe(200);
  });

  // T-vmtd
  it('does not use up the ticket, though it comes as the session opens', async () => {
    const person = await host.person();
    const { secret } = await host.addTotp((await host.signIn(person)).accessToken);
    const { ticket } = await host.ticketOf(person);
    const second = async () => {
      host.clock.advance('30s');
      return (await host.post('login/second-factor', { ticket, code: host.code(secret) })).status;
    };
    const { sessions } = host.storage;
    jest
      .spyOn(sessions, 'open')
      .mockImplementationOnce(() => Promise.reject(new AuthError('unavailable', 'away')));
    expect([await second(), await second(), await second()]).toEqual([503, 200, 401]);
  });
});

describe('an account', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost();
  });
  afterAll(() => host.close());

  // T-gg26
  it('keeps at most 100 factors, and may add one again after one is removed', async () => {
    const { id: subject } = await host.person();
    const { factors } = host.storage;
    const ids = Array.from({ length: 100 }, () => crypto.randomUUID());
    for (const id of ids) {
      const passkey = {
        id,
        kind: 'passkey' as const,
        subject,
        credentialId: `of ${id}`,
        publicKey: Buffer.alloc(1),
        counter: 0,
        backupEligible: false,
        backedUp: false,
        transports: [],
      };
      const { state } = await factors.of(subject);
      const act = { kind: 'passkey_added' as const, passkey };
      await factors.change({ subject, expected: state, actorId: subject, act });
    }
    const opened = await host.auth.openSession(subject, {
      transport: 'bearer',
      secondFactor: 'satisfied',
      authTime: new Date(host.clock.now()),
      amr: ['hwk', 'user', 'mfa'],
    });
    const { accessToken } = opened.grant;
    for (const path of ['passkeys/register/options', 'factors/totp']) {
      const answer = await host.post(path, {}, accessToken);
      const { message } = answer.json<{ message: string }>();
      expect([answer.status, message]).toEqual([
        400,
        expect.stringContaining('100 factors already'),
      ]);
    }
    expect((await host.remove(`factors/${ids[0]}`, accessToken)).status).toBe(204);
    expect((await host.post('factors/totp', {}, accessToken)).status).toBe(201);
  });
});
