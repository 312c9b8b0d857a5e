import { describe, expect, it } from '@jest/globals';
import { AuthError } from '@tokenward/nestjs';
import type { AccountMail } from '@tokenward/nestjs/options';
import type { OneTimeTokenStore } from '@tokenward/nestjs/storage';
import { factorHost } from './support/factor-host.js';
import { until } from './support/until.js';

type Redeem = OneTimeTokenStore['redeem'];

describe('a link that verifies an email', () => {
  // T-v3nk
  it.each<[string, number, number, (redeem: Redeem) => Redeem]>([
    [
      'dies before it is spent',
      400,
      400,
      (redeem) => async (kind, hash, alongside) => {
        await redeem(kind, hash);
        return redeem(kind, hash, alongside);
      },
    ],
    [
      'is used during an outage',
      503,
      204,
      (redeem) => async (kind, hash, alongside) => {
        const work = async (tx: object) => {
          await alongside?.work?.(tx);
          throw new AuthError('unavailable', 'away');
        };
        return redeem(kind, hash, { work });
      },
    ],
  ])('verifies nothing where it %s', async (_, status, afterwards, during) => {
    const sent: AccountMail[] = [];
    const host = await factorHost({ accounts: { mail: (mail) => void sent.push(mail) } });
    const { oneTimeTokens, users } = host.storage;
    const person = await host.person();
    const { accessToken } = await host.signIn(person);
    expect((await host.post('email/verify/send', {}, accessToken)).status).toBe(202);
    const link = () => sent.find(({ kind }) => kind === 'email_verify');
    await until(() => link() !== undefined);
    const mail = link();
    const follow = async () => {
      const token = mail && 'token' in mail && mail.token;
      const { status: answered } = await host.post('email/verify', { token });
      const isVerified = (await users.findById(person.id))?.account.emailVerified ?? false;
      return [answered, isVerified];
    };
    const redeem = oneTimeTokens.redeem.bind(oneTimeTokens);
    oneTimeTokens.redeem = during(redeem);
    expect(await follow()).toEqual([status, false]);
    oneTimeTokens.redeem = redeem;
    expect(await follow()).toEqual([afterwards, afterwards === 204]);
    await host.close();
  });
});
