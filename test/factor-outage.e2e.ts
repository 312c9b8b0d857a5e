import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FactorHost, factorHost, PASSWORD, type Session } from './support/factor-host.js';
import { enrolled, secondStep, signedInWithCode } from './support/factor-sign-in.js';

type Answers = Readonly<Record<'recoveryCode' | 'code', string>>;

describe('a code of a second factor', () => {
  let host: FactorHost;
  let hook: () => Record<string, unknown>;
  beforeEach(async () => {
    hook = () => ({});
    host = await factorHost({
      accessToken: { claims: () => hook() },
      throttle: { accountAndAddress: 10, account: 100, address: 100, window: '15m' },
    });
  });
  afterEach(() => host.close());

  const failing = (work?: (tx: object) => Promise<void>) => async (tx: object) => {
    await work?.(tx);
    throw new Error('the connection is lost');
  };
  const outages: readonly (readonly [string, () => () => void])[] = [
    [
      'the claims hook fails',
      () => {
        hook = () => {
          throw new Error('away');
        };
        return () => void (hook = () => ({}));
      },
    ],
    [
      'the database fails after the answer was spent, in its transaction',
      () => {
        const { sessions } = host.storage;
        const [open, replace] = [sessions.open.bind(sessions), sessions.replace.bind(sessions)];
        sessions.open = (session, { work } = {}) => open(session, { work: failing(work) });
        sessions.replace = (change, { work } = {}) => replace(change, { work: failing(work) });
        return () => void Object.assign(sessions, { open, replace });
      },
    ],
  ];

  // T-f4xr
  it.each(outages)('is not spent at the second step, when %s', async (_, begin) => {
    const { person, secret, recoveryCodes } = await enrolled(host);
    const [recoveryCode = ''] = recoveryCodes;
    const answers: Answers = { recoveryCode, code: host.code(secret) };
    for (const answer of [{ recoveryCode: answers.recoveryCode }, { code: answers.code }]) {
      const { ticket } = await host.ticketOf(person);
      const end = begin();
      expect((await secondStep(host, ticket, answer)).status).toBeGreaterThanOrEqual(500);
      end();
      expect((await secondStep(host, ticket, answer)).status).toBe(200);
      const next = await host.ticketOf(person);
      expect((await secondStep(host, next.ticket, answer)).status).toBe(401);
    }
    const told = host.events.filter(({ type }) => type === 'recovery_code.used');
    expect(told).toEqual([expect.objectContaining({ userId: person.id, left: 9 })]);
  });

  // T-s2sp
  it('is refused as any other where the sessions of the user end before the new one opens', async () => {
    const { person, secret } = await enrolled(host);
    const { ticket } = await host.ticketOf(person);
    const { sessions } = host.storage;
    const open = sessions.open.bind(sessions);
    sessions.open = async (...given) => {
      await host.auth.revokeUser(person.id);
      return open(...given);
    };
    const answer = { code: host.code(secret) };
    const refused = await secondStep(host, ticket, answer);
    expect([refused.status, refused.json()['code']]).toEqual([401, 'second_factor_refused']);
    sessions.open = open;
    const next = await host.ticketOf(person);
    expect((await secondStep(host, next.ticket, answer)).status).toBe(200);
  });

  async function proving() {
    const { person, secret } = await enrolled(host);
    const session = await signedInWithCode(host, person, secret);
    const code = host.code(secret);
    const prove = ({ accessToken, refreshToken }: Session, answer: object, key?: string) =>
      host.client().post(
        '/auth/reauthenticate',
        { ...answer, refreshToken },
        {
          headers: {
            authorization: `Bearer ${accessToken}`,
            ...(key !== undefined && { 'idempotency-key': key }),
          },
        },
      );
    return { person, session, code, prove };
  }

  // T-r4vc
  it.each(outages)('is not spent at a reauthentication, when %s', async (_, begin) => {
    for (const proof of [{}, { password: PASSWORD }]) {
      const { session, code, prove } = await proving();
      const answer = { ...proof, code };
      const end = begin();
      expect((await prove(session, answer)).status).toBeGreaterThanOrEqual(500);
      end();
      const proved = await prove(session, answer);
      expect(proved.status).toBe(200);
      const again = await prove(proved.json<Session & Record<string, unknown>>(), answer);
      expect([again.status, again.json()['code']]).toEqual([403, 'password_refused']);
      expect(host.events.filter(({ type }) => type === 'factor.refused')).toHaveLength(1);
      host.events.length = 0;
    }
  });

  // T-k8sq
  it('gets the same answer when its reauthentication is repeated with its key', async () => {
    const { session, code, prove } = await proving();
    const key = randomUUID();
    const first = await prove(session, { code }, key);
    const second = await prove(session, { code }, key);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json()['refreshToken']).toBe(first.json()['refreshToken']);
    expect((await prove(session, { code: '000000' }, key)).status).toBe(403);
  });

  it('counts as a wrong one at a reauthentication when it was used before', async () => {
    const { session, code, prove } = await proving();
    const renewed = (await prove(session, { code })).json<Session & Record<string, unknown>>();
    for (let tries = 0; tries < 10; tries++)
      expect((await prove(renewed, { code })).status).toBe(403);
    expect((await prove(renewed, { password: PASSWORD })).status).toBe(429);
  });
});
