import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SessionSnapshot, SessionState } from '../../storage/session.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import type { TokenGrants } from '../tokens/token-grants.service.js';
import type { Announcer } from './announcer.service.js';
import type { RevocationService } from './revocation.service.js';
import { SessionAccess } from './session-access.service.js';

type Reason = AuthError['reason'];
interface Account {
  readonly id: string;
  readonly role?: string;
  readonly disabled?: boolean;
}
const user: Account = { id: 'u', role: 'user' };
const boss: Account = { id: 'boss', role: 'admin' };
const state = (more: object = {}, actor: object | null = null): SessionState =>
  ({ session: { id: 's', subject: 'u', actor }, subject: {}, ...more }) as unknown as SessionState;
const ACCESS = { token: 'access' };
const change = { entries: [], events: [] };

let directory: Account[];
let happened: unknown[];
let refusal: Reason | Error | undefined;
let needs: 'nobody' | 'host';
let stored: Partial<SessionSnapshot> | undefined;
let ending: object | undefined;
let usersAre: 'here' | 'elsewhere';
beforeEach(() => {
  [directory, happened, refusal, needs, ending] = [[user, boss], [], undefined, 'nobody', change];
  stored = { ...state({ user }), live: true };
  usersAre = 'here';
});

function access(): SessionAccess {
  const users = {
    findById: (id: string) => {
      const account = directory.find((each) => each.id === id);
      return Promise.resolve(account && { account });
    },
  };
  const sessions = {
    usersAre,
    read: () => Promise.resolve(stored),
    endOne: (...asked: unknown[]) => (happened.push(['endOne', ...asked]), Promise.resolve(ending)),
  };
  const grants = {
    needs: () => needs,
    accessTokenFor: (_state: unknown, facts: Account, asOfMs: number) => {
      happened.push(['issued for', facts, asOfMs]);
      if (refusal instanceof Error) return Promise.reject(refusal);
      return refusal ? Promise.reject(new AuthError(refusal, 'why')) : Promise.resolve(ACCESS);
    },
    grant: (...given: unknown[]) => given,
  };
  const revocations = {
    endAll: (...asked: unknown[]) => Promise.resolve(void happened.push(['endAll', ...asked])),
  };
  const announcer = { announce: (what: unknown) => Promise.resolve(void happened.push(what)) };
  const options = { sessions: { mayActAs: new Map([['admin', ['user']]]) } };
  return new SessionAccess(
    users as unknown as UserDirectory,
    sessions as unknown as SessionStore,
    grants as unknown as TokenGrants,
    revocations as unknown as RevocationService,
    announcer as unknown as Announcer,
    options as unknown as ResolvedAuthOptions,
  );
}
const refused = { reason: 'token_refused' };
const GONE = 'the user, or who acts as the user, is gone or disabled';

describe('the next access token of a session', () => {
  it.each([
    ['nobody', 'here', false],
    ['host', 'here', true],
    ['nobody', 'elsewhere', true],
  ] as const)('needs %s, with users %s: asks the host %s', (given, place, expected) => {
    [needs, usersAre] = [given, place];
    expect(access().asksHost()).toBe(expected);
  });

  it('is for the user that was read with the session', async () => {
    const known = { id: 'u', role: 'editor' };
    expect(await access().token(state({ user: known }), 7)).toBe(ACCESS);
    expect(happened).toEqual([['issued for', known, 7]]);
  });

  it('is for the user of the directory, where users are elsewhere', async () => {
    await access().token(state(), 7);
    expect(happened).toEqual([['issued for', user, 7]]);
  });

  it.each<[string, Account[], string]>([
    ['gone', [], 'user_not_found'],
    ['disabled', [{ ...user, disabled: true }], 'user_disabled'],
  ])('ends all of a user who is %s there', async (_, users, reason) => {
    directory = users;
    await expect(access().token(state(), 7)).rejects.toMatchObject({ ...refused, detail: GONE });
    expect(happened).toEqual([['endAll', 'u', reason]]);
  });

  const acting = { id: 'boss' };
  it.each<[string, object, boolean]>([
    ['an actor of the directory who may act as the user', {}, true],
    ['an actor that was read with the session', { acting: { id: 'boss', role: 'admin' } }, true],
    ['an actor who lost the role', { acting: { id: 'boss', role: 'user' } }, false],
    ['a user who is above the actor by now', { user: { id: 'u', role: 'admin' } }, false],
  ])('of an acting session, with %s', async (_, more, issued) => {
    const asked = access().token(state(more, acting), 7);
    if (issued) return expect(await asked).toBe(ACCESS);
    const detail =
      'sessions.mayActAs does not let the role of the actor act as the role of the user';
    await expect(asked).rejects.toMatchObject({ ...refused, detail });
    expect(happened).toEqual([['endOne', 's', 'actor_ended', { actorId: 'boss' }], change]);
  });

  it('ends all of an actor who is gone', async () => {
    directory = [user];
    await expect(access().token(state({}, acting), 7)).rejects.toMatchObject(refused);
    expect(happened).toEqual([['endAll', 'boss', 'user_not_found']]);
  });

  it.each<[Reason, 'nobody' | 'host', boolean]>([
    ['session_claims_refused', 'host', true],
    ['tenant_unknown', 'host', true],
    ['token_too_large', 'nobody', true],
    ['token_too_large', 'host', false],
    ['unavailable', 'nobody', false],
  ])('that is refused as %s (needs: %s) ends the session: %s', async (reason, by, ends) => {
    [refusal, needs] = [reason, by];
    const expected = ends ? { ...refused, detail: 'why' } : { reason };
    await expect(access().token(state({ user }), 7)).rejects.toMatchObject(expected);
    const end = [['endOne', 's', 'unissuable', { actorId: undefined }], change];
    expect(happened.slice(1)).toEqual(ends ? end : []);
  });

  it('that fails by a mistake ends nothing', async () => {
    refusal = new TypeError('of a hook');
    await expect(access().token(state({ user }), 7)).rejects.toBe(refusal);
    expect(happened).toHaveLength(1);
  });

  it('is announced as ended only where it was not ended before', async () => {
    [refusal, ending] = ['tenant_unknown', undefined];
    await expect(access().token(state({ user }), 7)).rejects.toMatchObject(refused);
    expect(happened).toHaveLength(2);
  });
});

describe('a token that is made before the secret is replaced', () => {
  const account = { id: 'u', role: 'of the proof', permissions: [], disabled: false };

  it('is made where the host takes part, for the user of the session', async () => {
    await access().rehearse('s', account, 7);
    expect(happened).toEqual([]);
    needs = 'host';
    await access().rehearse('s', account, 7);
    stored = { ...state(), live: true };
    await access().rehearse('s', account, 7);
    expect(happened).toEqual([
      ['issued for', user, 7],
      ['issued for', account, 7],
    ]);
  });

  it.each([
    ['ended', { ...state({ user }), live: false }],
    ['unknown', undefined],
  ])('is not made for a session that is %s', async (_, found) => {
    [needs, stored] = ['host', found];
    await access().rehearse('s', account, 7);
    expect(happened).toEqual([]);
  });
});

it('a secret that was replaced is granted with a token for the user of the proof', async () => {
  const given = { ...state(), refreshToken: 'refresh' };
  const account = { id: 'u', role: 'of the proof', permissions: [], disabled: false };
  expect(await access().grant(given, account, 7)).toEqual([given.session, ACCESS, 'refresh']);
  expect(happened).toEqual([['issued for', account, 7]]);
  await access().grant({ ...state({ user }), refreshToken: 'refresh' }, account, 8);
  expect(happened[1]).toEqual(['issued for', user, 8]);
});
