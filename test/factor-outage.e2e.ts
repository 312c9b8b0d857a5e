import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FactorHost, factorHost } from './support/factor-host.js';
import { enrolled, secondStep } from './support/factor-sign-in.js';

type Answers = Readonly<Record<'recoveryCode' | 'code', string>>;

describe('an outage at the second step', () => {
  let host: FactorHost;
  let hook: () => Record<string, unknown>;
  beforeEach(async () => {
    hook = () => ({});
    host = await factorHost({ accessToken: { claims: () => hook() } });
  });
  afterEach(() => host.close());

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
        const open = sessions.open.bind(sessions);
        sessions.open = (session, alongside) =>
          open(session, {
            ...alongside,
            work: async (tx) => {
              await alongside?.work?.(tx);
              throw new Error('the connection is lost');
            },
          });
        return () => void (sessions.open = open);
      },
    ],
  ];

  // T-f4xr
  it.each(outages)('spends no code, when %s', async (_, begin) => {
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
});
