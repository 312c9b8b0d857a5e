import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import {
  type FactorHost,
  factorHost,
  PASSWORD,
  type Person,
  type Session,
} from './support/factor-host.js';
import {
  enrolled,
  secondStep as secondStepAt,
  signedInWithCode,
} from './support/factor-sign-in.js';

const CHANGE = { currentPassword: PASSWORD, newPassword: 'another long passphrase' };
const TWENTY = Array.from({ length: 20 });

describe('second factors', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost();
  });
  afterAll(() => host.close());

  const secondStep = (ticket: string, answer: object) => secondStepAt(host, ticket, answer);

  describe('a login in two steps', () => {
    // T-9sjq
    it('answers with a ticket and without cookie or session; the code then signs in, once', async () => {
      const { person, secret, recoveryCodes, uri } = await enrolled(host);
      expect(uri).toMatch(/^otpauth:\/\/totp\/Example:/);
      expect(new Set(recoveryCodes).size).toBe(10);
      // 120 bits: a plain hash may hold 112 and more
      for (const each of recoveryCodes) expect(each).toMatch(/^(?:[0-9a-z]{4}-){5}[0-9a-z]{4}$/);
      const before = (await host.auth.sessions(person.id)).length;
      const first = await host
        .client()
        .post('/auth/login', { email: person.email, password: PASSWORD });
      expect([first.status, first.setCookies]).toEqual([200, []]);
      const due = first.json<{ ticket: string }>();
      expect(due).toEqual({
        next: 'second_factor',
        ticket: expect.any(String) as unknown,
        expiresIn: 300,
        methods: ['totp', 'recovery_code'],
      });
      expect(await host.auth.sessions(person.id)).toHaveLength(before);

      const answer = await secondStep(due.ticket, { code: host.code(secret) });
      expect(answer.status).toBe(200);
      expect(answer.setCookies.map((line) => line.split('=', 1)[0])).toEqual(
        expect.arrayContaining(['access_token', 'refresh_token']),
      );
      const [session] = await host.auth.sessions(person.id);
      expect(session?.amr).toEqual(['pwd', 'otp', 'mfa']);
      expect((await secondStep(due.ticket, { code: host.code(secret, 1) })).status).toBe(401);
      host.clock.advance('60s');
    });

    // T-2sz3
    it('accepts a code once, the confirming one included, and no code of an earlier step', async () => {
      const { person, secret, code } = await enrolled(host);
      const { ticket } = await host.ticketOf(person);
      const refused = await secondStep(ticket, { code });
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(refused.json()).toMatchObject({ code: 'second_factor_refused' });
      const used = host.code(secret);
      const uses = await Promise.all(
        TWENTY.slice(0, 4).map(() => secondStep(ticket, { code: used })),
      );
      expect(uses.filter(({ status }) => status === 200)).toHaveLength(1);
      const next = await host.ticketOf(person);
      expect((await secondStep(next.ticket, { code: used })).status).toBe(401);
      expect((await secondStep(next.ticket, { code: host.code(secret, -1) })).status).toBe(401);
      expect((await secondStep(next.ticket, { code: host.code(secret, 1) })).status).toBe(200);
      host.clock.advance('90s');
    });

    // T-vmdq
    it('accepts a recovery code once, in any case and spacing', async () => {
      const { person, recoveryCodes } = await enrolled(host);
      const [code = ''] = recoveryCodes;
      const { ticket } = await host.ticketOf(person);
      const typed = code.toUpperCase().replaceAll('-', ' ');
      const answer = await secondStep(ticket, { recoveryCode: typed });
      expect(decodeJwt(answer.json<Session & object>().accessToken)['amr']).toEqual([
        'pwd',
        'rcv',
        'mfa',
      ]);
      const again = await host.ticketOf(person);
      expect((await secondStep(again.ticket, { recoveryCode: code })).status).toBe(401);
      expect(host.events).toContainEqual(
        expect.objectContaining({ type: 'recovery_code.used', userId: person.id, left: 9 }),
      );
    });

    // T-72rz
    it.each<readonly [string, (person: Person, session: Session) => Promise<unknown>]>([
      ['a password change', (_, { accessToken }) => host.post('password', CHANGE, accessToken)],
      ['logout-all', (_, { accessToken }) => host.post('logout-all', undefined, accessToken)],
      ['disabling', ({ id }) => host.auth.changeUser(id, 'disabled')],
      ['deletion', ({ id }) => host.auth.changeUser(id, 'deleted')],
      ['five minutes and a second', async () => host.clock.advance('301s')],
    ])('a ticket dies with %s', async (_, ending) => {
      const { person, session, secret } = await enrolled(host);
      const { ticket } = await host.ticketOf(person);
      await ending(person, session);
      const refused = await secondStep(ticket, { code: host.code(secret) });
      expect([refused.status, refused.json()['code']]).toEqual([401, 'second_factor_refused']);
    });

    // T-qww9
    it('a ticket allows five wrong answers, and no right one after them', async () => {
      const { person, secret } = await enrolled(host);
      const { ticket } = await host.ticketOf(person);
      for (const code of ['000000', '111111', '222222', 'abc', '12345678'])
        expect((await secondStep(ticket, { code })).status).toBe(401);
      expect((await secondStep(ticket, { code: host.code(secret) })).status).toBe(401);
    });

    // T-kmdr
    it('refuses another user’s code, and a ticket of another kind', async () => {
      const [mine, other] = [await enrolled(host), await enrolled(host)];
      const { ticket } = await host.ticketOf(mine.person);
      expect((await secondStep(ticket, { code: host.code(other.secret) })).status).toBe(401);
      expect((await secondStep(ticket, { recoveryCode: other.recoveryCodes[0] })).status).toBe(401);
      const challenge = (await host.post('passkeys/login/options', {})).json<{ ticket: string }>();
      for (const wrong of [challenge.ticket, mine.session.refreshToken, 'x', '']) {
        const refused = await secondStep(wrong, { code: host.code(mine.secret) });
        expect([refused.status, refused.json()['code']]).toEqual([401, 'second_factor_refused']);
      }
      expect((await secondStep(ticket, {})).status).toBe(400);
    });

    it('is also asked for by openSession, unless the host says that it is satisfied', async () => {
      const { person, secret } = await enrolled(host);
      const claims = { till: 7 };
      const due = await host.auth.openSession(person.id, {
        transport: 'bearer',
        amr: ['fed'],
        claims,
      });
      const ticket = 'next' in due ? due.ticket : '';
      const answer = await secondStep(ticket, { code: host.code(secret) });
      const token = decodeJwt(answer.json<Session & object>().accessToken);
      expect([token['amr'], token['till']]).toEqual([['fed', 'otp', 'mfa'], 7]);
      const opened = await host.auth.openSession(person.id, { secondFactor: 'satisfied' });
      expect(opened.grant.sessionId).toEqual(expect.any(String));
    });
  });

  describe('reauthentication', () => {
    // T-wvzp
    it('accepts a password, a code or both, and records which were proved', async () => {
      const { person, secret } = await enrolled(host);
      let session = await signedInWithCode(host, person, secret);
      const prove = async (answer: object) => {
        const { accessToken, refreshToken } = session;
        return host.post('reauthenticate', { ...answer, refreshToken }, accessToken);
      };
      for (const [answer, amr] of [
        [{ password: PASSWORD }, ['pwd']],
        [{ code: true }, ['otp']],
        [{ password: PASSWORD, code: true }, ['pwd', 'otp', 'mfa']],
      ] as const) {
        const code = 'code' in answer ? { code: host.code(secret) } : {};
        const proved = await prove({ ...answer, ...code });
        session = proved.json<Session & Record<string, unknown>>();
        expect(decodeJwt(session.accessToken)['amr']).toEqual(amr);
        host.clock.advance('30s');
      }
      for (const wrong of [
        { code: '000000' },
        { password: PASSWORD, code: '000000' },
        { password: 'no' },
      ]) {
        const refused = await prove(wrong);
        expect([refused.status, refused.json()]).toEqual([
          403,
          expect.objectContaining({ message: 'Password refused', code: 'password_refused' }),
        ]);
      }
      expect((await prove({})).status).toBe(400);
    });
  });
});

describe('without factors', () => {
  it('the routes do not exist, and a login needs no second step', async () => {
    const host = await factorHost({ factors: undefined });
    const session = await host.signIn(await host.person());
    for (const path of [
      'factors/totp',
      'factors/recovery-codes',
      'passkeys/login/options',
      'passkeys/login',
    ])
      expect((await host.post(path, {}, session.accessToken)).status).toBe(404);
    expect((await host.get('factors', session.accessToken)).status).toBe(404);
    expect((await host.post('login/second-factor', { ticket: 'x', code: '0' })).status).toBe(404);
    expect(
      (await host.post('reauthenticate', { code: '000000' }, session.accessToken)).status,
    ).toBe(400);
    await host.close();
  });
});
