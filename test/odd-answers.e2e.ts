import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ForbiddenException } from '@nestjs/common';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { AccountOptions } from '@tokenward/nestjs/options';
import { type FactorHost, factorHost, type Person } from './support/factor-host.js';

/*
 * A host without type checks answers what no type allows. Such an answer must never sign anybody in.
 */

type SecondFactorOption = NonNullable<AuthModuleOptions['secondFactor']>;

describe('the option secondFactor', () => {
  let host: FactorHost;
  let person: Person;
  let ask: () => unknown;
  beforeEach(async () => {
    host = await factorHost({ secondFactor: (() => ask()) as SecondFactorOption });
    person = await host.person();
  });
  afterEach(() => host.close());

  const tried = async () => {
    const { status } = await host.password(person);
    return [status, (await host.auth.sessions(person.id)).length];
  };

  // T-5kfr
  it.each<readonly [string, () => unknown]>([
    ['nothing', () => undefined],
    ['nothing, later', async () => undefined],
    ['null', () => null],
    ['true', () => true],
    ['a text in capitals', () => 'NEEDED'],
    ['an object', () => ({ needed: true })],
    [
      'an error',
      () => {
        throw new Error('the list of devices is away');
      },
    ],
    ['a rejection without an error', () => Promise.reject('away')],
  ])('that answers with %s opens no session', async (_, answer) => {
    ask = answer;
    expect(await tried()).toEqual([503, 0]);
  });

  it('opens one only where it says that none is needed', async () => {
    ask = () => 'needed';
    expect(await tried()).toEqual([403, 0]);
    ask = () => {
      throw new ForbiddenException('not from there');
    };
    expect(await tried()).toEqual([403, 0]);
    ask = async () => 'not_needed';
    expect(await tried()).toEqual([200, 1]);
  });
});

describe('a flag of the user directory', () => {
  let host: FactorHost;
  let person: Person;
  let flags: Readonly<Record<string, unknown>>;
  beforeEach(async () => {
    const accounts: AccountOptions = { mail: () => undefined, verifiedEmail: 'required' };
    host = await factorHost({ accounts });
    const { users } = host.storage;
    const findByEmail = users.findByEmail.bind(users);
    users.findByEmail = async (...asked) => {
      const found = await findByEmail(...asked);
      return found && { ...found, account: { ...found.account, ...flags } };
    };
    person = await host.person();
  });
  afterEach(() => host.close());

  const signIn = async () => (await host.password(person)).status;

  // T-8mzc
  it.each<readonly [string, Readonly<Record<string, unknown>>, number]>([
    ['true', { emailVerified: true }, 200],
    ['1, as MySQL has it', { emailVerified: 1, disabled: 0 }, 200],
    ['1, as a bigint', { emailVerified: 1n, disabled: 0n }, 200],
    ['false', { emailVerified: false }, 403],
    ['0', { emailVerified: 0 }, 403],
    ['null', { emailVerified: null }, 403],
    ['a text that says no', { emailVerified: 'false' }, 503],
    ['a bit that is not set', { emailVerified: Buffer.from([0]) }, 503],
    ['another number', { emailVerified: -1 }, 503],
    ['disabled: 1', { emailVerified: true, disabled: 1 }, 401],
    ['disabled: an empty text', { emailVerified: true, disabled: '' }, 503],
    ['disabled: NaN', { emailVerified: true, disabled: Number.NaN }, 503],
  ])('%s', async (_, given, status) => {
    flags = given;
    expect(await signIn()).toBe(status);
  });
});

describe('a store of second factors', () => {
  // T-z8rk
  it('whose driver counts no row lets in with no recovery code', async () => {
    const host = await factorHost();
    const person = await host.person();
    const { accessToken } = await host.signIn(person);
    await host.addTotp(accessToken);
    const { factors } = host.storage;
    const rows = (async () => ({ count: 0 })) as unknown as () => Promise<boolean>;
    const yes = async () => true;
    const { ticket } = await host.ticketOf(person);
    const recoveryCode = '0000-0000-0000-0000-0000-0000';
    for (const odd of [
      { hasRecoveryCode: rows },
      { hasRecoveryCode: yes, useRecoveryCode: rows },
    ]) {
      Object.assign(factors, odd);
      const wrong = await host.post('login/second-factor', { ticket, recoveryCode });
      expect(wrong.status).toBe(503);
    }
    await host.close();
  });
});
