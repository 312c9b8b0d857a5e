import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type AuthenticatorQuirks, SoftwarePasskey } from './support/authenticator.js';
import {
  type FactorHost,
  factorHost,
  ORIGIN,
  PASSWORD,
  type Person,
  type Session,
} from './support/factor-host.js';
import { type PasskeyCeremonies, passkeyCeremonies } from './support/passkey-ceremonies.js';

/** A person with a passkey, and a session of that person. */
interface Own {
  readonly person: Person;
  readonly session: Session;
  readonly id: string;
}

const FORGED: readonly (readonly [string, AuthenticatorQuirks])[] = [
  ['of another page', { origin: 'https://evil.example' }],
  ['for another domain', { rpId: 'evil.example' }],
  ['without user verification', { unverified: true }],
];

describe('passkeys', () => {
  let host: FactorHost;
  let ceremony: PasskeyCeremonies['ceremony'];
  let register: PasskeyCeremonies['register'];
  let withPasskey: PasskeyCeremonies['withPasskey'];
  let signIn: PasskeyCeremonies['signIn'];
  beforeAll(async () => {
    host = await factorHost();
    ({ ceremony, register, withPasskey, signIn } = passkeyCeremonies(host));
  });
  afterAll(() => host.close());

  it.each([
    ['one that is synchronised', true, 'swk'],
    ['one that stays in its device', false, 'hwk'],
  ] as const)('signs in without a name by %s, as two factors', async (_, synced, method) => {
    const { person, key, id } = await withPasskey(synced);
    const answer = await signIn(key);
    expect(answer.status).toBe(200);
    const { accessToken, user } = answer.json<Session & { user: { id: string } }>();
    expect([user.id, decodeJwt(accessToken)['amr']]).toEqual([person.id, [method, 'user', 'mfa']]);
    const [listed] = (await host.get('factors', accessToken)).json<Record<string, unknown>[]>();
    expect(listed).toMatchObject({ id, kind: 'passkey', name: 'laptop', backedUp: synced });
  });

  it('asks for user verification and a discoverable credential, and excludes existing ones', async () => {
    const { session, key } = await withPasskey();
    const fresh = (await signIn(key)).json<Session & object>();
    const { options } = await ceremony('passkeys/register/options', {}, fresh.accessToken);
    expect(options).toMatchObject({
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [expect.objectContaining({ id: key.id })],
      rp: { id: 'app.example.com' },
    });
    const again = await host.post('passkeys/register/options', {}, session.accessToken);
    expect(again.status).toBe(401);
  });

  // T-3m2s
  it.each<readonly [string, AuthenticatorQuirks]>([
    ...FORGED,
    ['of another user handle', { userHandle: Buffer.alloc(32).toString('base64url') }],
  ])('an answer %s neither signs in nor proves anything', async (_, quirks) => {
    const { session, key } = await withPasskey();
    const refused = await signIn(key, quirks);
    expect([refused.status, refused.json()['code']]).toEqual([401, 'login_refused']);
    const { ticket, options } = await ceremony('passkeys/login/options', {});
    const passkey = key.get(options, quirks);
    const proof = await host.post('reauthenticate', { ticket, passkey }, session.accessToken);
    expect([proof.status, proof.json()['code']]).toEqual([403, 'password_refused']);
  });

  it.each(FORGED)('a registration %s is refused', async (_, quirks) => {
    const { accessToken } = await host.signIn(await host.person());
    const refused = await register(accessToken, new SoftwarePasskey(ORIGIN), quirks);
    expect([refused.status, refused.json()['code']]).toEqual([403, 'second_factor_refused']);
  });

  it('a registration with an id that is longer than WebAuthn allows is refused, and not 503', async () => {
    const { accessToken } = await host.signIn(await host.person());
    const refused = await register(accessToken, new SoftwarePasskey(ORIGIN, true, 8000));
    expect([refused.status, refused.json()['code']]).toEqual([403, 'second_factor_refused']);
    expect((await register(accessToken, new SoftwarePasskey(ORIGIN, true, 1023))).status).toBe(201);
  });

  // T-8m9r
  it('a challenge works once, even if its first answer was refused, and for five minutes', async () => {
    const { key } = await withPasskey();
    const used = await ceremony('passkeys/login/options', {});
    const login = (ticket: string, response: object) =>
      host.post('passkeys/login', { ticket, response, transport: 'bearer' });
    expect((await login(used.ticket, key.get(used.options))).status).toBe(200);
    expect((await login(used.ticket, key.get(used.options))).status).toBe(401);
    const wasted = await ceremony('passkeys/login/options', {});
    expect((await login(wasted.ticket, key.get(wasted.options, { unverified: true }))).status).toBe(
      401,
    );
    expect((await login(wasted.ticket, key.get(wasted.options))).status).toBe(401);
    const raced = await ceremony('passkeys/login/options', {});
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => login(raced.ticket, key.get(raced.options))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const old = await ceremony('passkeys/login/options', {});
    const other = await ceremony('passkeys/login/options', {});
    expect((await login(other.ticket, key.get(old.options))).status).toBe(401);
    host.clock.advance('301s');
    expect((await login(old.ticket, key.get(old.options))).status).toBe(401);
  });

  it('stores nothing about a challenge until it is answered', async () => {
    const issue = jest.spyOn(host.storage.oneTimeTokens, 'issue');
    const once = jest.spyOn(host.storage.oneTimeTokens, 'once');
    const { ticket } = await ceremony('passkeys/login/options', {});
    expect([issue.mock.calls, once.mock.calls]).toEqual([[], []]);
    const madeUp = ticket.replace(/^./, ([first]) => (first === 'A' ? 'B' : 'A'));
    expect((await host.post('passkeys/login', { ticket: madeUp, response: {} })).status).toBe(401);
    expect(once).not.toHaveBeenCalled();
    for (const id of ['a\u0000b', '\ud800', 'A'.repeat(2000), '']) {
      const { ticket } = await ceremony('passkeys/login/options', {});
      const refused = await host.post('passkeys/login', { ticket, response: { id, response: {} } });
      expect([id, refused.status]).toEqual([id, 401]);
    }
    expect(once).toHaveBeenCalledTimes(4);
    jest.restoreAllMocks();
  });

  // T-qjnx
  it('is a second step after a password, only for its own user', async () => {
    const [mine, other] = [await withPasskey(), await withPasskey()];
    const due = await host.ticketOf(mine.person);
    expect(due.methods).toEqual(['passkey']);
    const second = (passkey: object) =>
      host.post('login/second-factor', { ticket: due.ticket, passkey });
    const forMe = () => ceremony('passkeys/login/options', { ticket: due.ticket });
    const { options, ticket } = await forMe();
    expect(ticket).toBe(due.ticket);
    expect(options['allowCredentials']).toEqual([expect.objectContaining({ id: mine.key.id })]);
    expect((await second(other.key.get(options))).status).toBe(401);
    // a challenge of a sign-in without a name is of another kind, and one of another ticket is another's
    const nameless = await ceremony('passkeys/login/options', {});
    expect((await second(mine.key.get(nameless.options))).status).toBe(401);
    const theirs = await host.ticketOf(other.person);
    const foreign = await ceremony('passkeys/login/options', { ticket: theirs.ticket });
    expect((await second(mine.key.get(foreign.options))).status).toBe(401);
    const answer = await second(mine.key.get((await forMe()).options));
    expect(decodeJwt(answer.json<Session & object>().accessToken)['amr']).toEqual([
      'pwd',
      'swk',
      'user',
      'mfa',
    ]);
  });

  // T-c6yx
  it('is a second step though somebody else with the password asks for challenges without end', async () => {
    const { person, key } = await withPasskey();
    const due = await host.ticketOf(person);
    const { options } = await ceremony('passkeys/login/options', { ticket: due.ticket });
    const { ticket } = await host.ticketOf(person);
    const issue = jest.spyOn(host.storage.oneTimeTokens, 'issue');
    for (let n = 0; n < 6; n++) await ceremony('passkeys/login/options', { ticket });
    expect(issue).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    const answer = { ticket: due.ticket, passkey: key.get(options) };
    expect((await host.post('login/second-factor', answer)).status).toBe(200);
    // and it works once
    const again = await host.ticketOf(person);
    const replayed = { ...answer, ticket: again.ticket };
    expect((await host.post('login/second-factor', replayed)).status).toBe(401);
  });

  it('is a fresh proof that includes a second factor', async () => {
    const { session, key, id, person } = await withPasskey();
    const { ticket, options } = await ceremony('passkeys/login/options', {});
    const { refreshToken, accessToken } = session;
    const proof = { ticket, passkey: key.get(options), refreshToken };
    const proved = (await host.post('reauthenticate', proof, accessToken)).json<Session & object>();
    expect(decodeJwt(proved.accessToken)['amr']).toEqual(['swk', 'user', 'mfa']);
    const second = new SoftwarePasskey(ORIGIN);
    expect((await register(proved.accessToken, second)).status).toBe(201);
    expect((await host.get('factors', proved.accessToken)).json<unknown[]>()).toHaveLength(2);
    expect((await host.remove(`factors/${id}`, proved.accessToken)).status).toBe(204);
    expect((await signIn(key)).status).toBe(401);
    expect((await signIn(second)).status).toBe(200);
    expect((await host.ticketOf(person)).methods).toEqual(['passkey']);
  });

  // T-cphs
  it('a counter that goes back is refused, and an event of high severity', async () => {
    const { key, person } = await withPasskey();
    expect((await signIn(key, { counter: 9 })).status).toBe(200);
    expect((await signIn(key, { counter: 9 })).status).toBe(401);
    expect(host.events).toContainEqual(
      expect.objectContaining({
        type: 'passkey.counter_went_back',
        severity: 'high',
        userId: person.id,
      }),
    );
  });

  // T-b4gf
  it('another user’s ticket registers nothing, and a credential can be registered once', async () => {
    const [mine, other] = [
      await host.signIn(await host.person()),
      await host.signIn(await host.person()),
    ];
    const { ticket, options } = await ceremony('passkeys/register/options', {}, mine.accessToken);
    const key = new SoftwarePasskey(ORIGIN);
    const answer = { ticket, response: key.create(options) };
    expect((await host.post('passkeys/register', answer, other.accessToken)).status).toBe(403);
    expect((await register(mine.accessToken, key)).status).toBe(201);
    expect((await register(other.accessToken, key)).status).toBe(400);
  });

  // T-hsj9
  it.each([
    ['a sign-out everywhere', ({ person }: Own) => host.auth.revokeUser(person.id)],
    [
      'its own removal',
      ({ id, session }: Own) => host.remove(`factors/${id}`, session.accessToken),
    ],
  ])('opens nothing if %s comes between its check and the session', async (_, change) => {
    const own = await withPasskey();
    const { person, key } = own;
    const proved = (await signIn(key)).json<Session & Record<string, unknown>>();
    const { factors } = host.storage;
    const use = factors.usePasskey.bind(factors);
    jest.spyOn(factors, 'usePasskey').mockImplementationOnce(async (...of) => {
      const used = await use(...of);
      await change({ ...own, session: proved });
      return used;
    });
    expect((await signIn(key)).json()).toMatchObject({ code: 'login_refused' });
    const failed = host.events.find((e) => e.type === 'login.failed' && e.userId === person.id);
    expect(failed).toMatchObject({ reason: 'superseded' });
  });

  // T-w764
  it('that is removed while it signs in is refused without the alarm of a copy', async () => {
    const { key, id, person } = await withPasskey();
    const session = (await signIn(key)).json<Session & Record<string, unknown>>();
    const { factors } = host.storage;
    const use = factors.usePasskey.bind(factors);
    jest.spyOn(factors, 'usePasskey').mockImplementationOnce(async (...of) => {
      expect((await host.remove(`factors/${id}`, session.accessToken)).status).toBe(204);
      return use(...of);
    });
    expect((await signIn(key)).json()).toMatchObject({ code: 'login_refused' });
    const alarmed = host.events.filter((event) => event.type === 'passkey.counter_went_back');
    expect(alarmed.map(({ userId }) => userId)).not.toContain(person.id);
  });

  it('a user who is disabled is not signed in', async () => {
    const { person, key } = await withPasskey();
    host.storage.users.set({ id: person.id, email: person.email, disabled: 'disabled' });
    expect((await signIn(key)).json()).toMatchObject({ code: 'login_refused', statusCode: 401 });
    expect((await host.password(person, PASSWORD)).status).toBe(401);
  });
});
