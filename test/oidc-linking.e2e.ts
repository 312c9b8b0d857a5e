import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService } from '@tokenward/nestjs';
import { type AccountHosts, PASSWORD } from './support/account-host.js';
import type { Approval } from './support/fake-issuer.js';
import type { HttpClient } from './support/http.js';
import { issuer, oidcHosts, signIn } from './support/oidc-host.js';
import { expectRefused, locationOf, me, person, REFUSED } from './support/sign-in-elsewhere.js';

describe('an account, and a person at a provider', () => {
  let hosts: AccountHosts;
  beforeAll(async () => {
    hosts = await oidcHosts();
  });
  afterAll(() => hosts.close());

  const newClient = () => hosts.host.client();
  const auth = () => hosts.host.app.get(AuthService, { strict: false });

  describe('an account that was made, and not linked before the process died', () => {
    const cutOff = async (who: Approval) => {
      const { pool } = hosts.database;
      await pool.query(`create function die() returns trigger language plpgsql as $$ begin raise 'died'; end $$;
        create trigger dies before insert on auth_identities execute function die()`);
      const answer = await signIn(newClient(), who);
      await pool.query('drop trigger dies on auth_identities; drop function die()');
      expect(answer.status).toBeGreaterThanOrEqual(500);
      const made = await pool.query<{ person_ref: string; pw: string }>(
        'select person_ref, pw from people where mail = $1',
        [who.email],
      );
      return made.rows[0]?.person_ref;
    };

    it('is opened only by the next sign-in of that person', async () => {
      const [client, who] = [newClient(), person()];
      const id = await cutOff(who);
      expectRefused(newClient(), await signIn(newClient(), { ...who, sub: 'somebody else' }));
      expect(locationOf(await signIn(client, who))).toBe('/done');
      expect((await me(client)).id).toBe(id);
    });

    // T-rgx7
    it('belongs to its owner alone once the email was verified or a password was set', async () => {
      const [byLink, byReset] = [person(), person()].map((each) => ({
        ...each,
        emailVerified: false,
      }));
      if (!byLink || !byReset) throw new Error('two people');
      for (const who of [byLink, byReset]) await cutOff(who);
      const { pool } = hosts.database;
      await pool.query('update people set verified_at = now() where mail = $1', [byLink.email]);
      await pool.query('update people set pw = $2 where mail = $1', [
        byReset.email,
        'another hash',
      ]);
      for (const who of [byLink, byReset])
        expectRefused(newClient(), await signIn(newClient(), who));
    });
  });

  describe('an email that has an account', () => {
    // T-c8kp
    it.each([
      ['a password and no proof of the email', {}],
      ['a verified email', { verifiedAt: new Date() }],
    ])('is not joined: %s', async (_, values) => {
      const { mail } = await hosts.member(values);
      const client = newClient();
      expectRefused(client, await signIn(client, { ...person(), email: mail.toUpperCase() }));
    });

    // T-kdcd
    it('a reset removes an identity that was linked before the email was verified, but no other', async () => {
      const early = await hosts.member();
      const late = await hosts.member({ verifiedAt: new Date() });
      const subs = new Map<string, string>();
      for (const member of [early, late]) {
        const [client, who] = [await hosts.signIn(member), person()];
        subs.set(member.id, who.sub);
        await linked(client, who);
        await newClient().post('/auth/password/forgot', { email: member.mail });
        const [mail] = await hosts.mailsTo(member.mail, 'password_reset');
        const reset = { token: mail?.token, newPassword: 'a password of its owner' };
        expect((await newClient().post('/auth/password/reset', reset)).status).toBe(204);
      }
      const back = async ({ id, mail }: typeof early) => {
        const client = newClient();
        return locationOf(
          await signIn(client, { sub: subs.get(id) ?? '', email: mail, emailVerified: true }),
        );
      };
      expect([await back(early), await back(late)]).toEqual([`/done${REFUSED}`, '/done']);
    });

    it('a magic link removes an identity that was linked before the email was verified', async () => {
      const [member, who, client] = [await hosts.member(), person(), newClient()];
      await linked(await hosts.signIn(member), who);
      await client.post('/auth/magic-link', { email: member.mail });
      const [mail] = await hosts.mailsTo(member.mail, 'magic_link');
      expect((await client.post('/auth/magic-link/login', { token: mail?.token })).status).toBe(
        200,
      );
      const told = await hosts.mailsTo(member.mail, 'factor_changed', 2);
      expect(told.at(-1)).toMatchObject({ what: 'sign-in with a provider unlinked' });
      expect(locationOf(await signIn(newClient(), { ...who, email: member.mail }))).toBe(
        `/done${REFUSED}`,
      );
    });
  });

  const urlToLink = async (client: HttpClient, returnTo = '/account') =>
    client.post('/auth/oidc/first/link', { returnTo });
  async function linked(client: HttpClient, approval: Approval): Promise<string> {
    const { url } = (await urlToLink(client)).json<{ url: string }>();
    return locationOf(await client.get(issuer.approve(url, approval)));
  }

  describe('linking', () => {
    // T-6hmm
    it('adds an identity, tells the owner, and is undone by DELETE', async () => {
      const [member, who] = [await hosts.member(), person()];
      const client = await hosts.signIn(member);
      const other = await hosts.signIn(member);
      expect(await linked(client, who)).toBe('/account');
      expect((await other.get('/auth/me')).status).toBe(401);
      expect(await me(client)).toMatchObject({ id: member.id });
      const [mail] = await hosts.mailsTo(member.mail, 'factor_changed');
      expect(mail).toMatchObject({ userId: member.id, what: 'sign-in with a provider linked' });
      const back = newClient();
      expect(locationOf(await signIn(back, who))).toBe('/done');
      expect(await me(back)).toMatchObject({ id: member.id });
      const linkedThen = { provider: 'first', issuer: issuer.issuer, email: who.email };
      expect((await back.get('/auth/oidc/identities')).json()).toEqual([
        { ...linkedThen, linkedAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
      ]);
      expect((await back.delete('/auth/oidc/first/link')).status).toBe(204);
      expect(locationOf(await signIn(newClient(), { ...who, email: member.mail }))).toBe(
        `/done${REFUSED}`,
      );
      await back.post('/auth/refresh');
      expect((await back.get('/auth/oidc/identities')).json()).toEqual([]);
      expect((await newClient().get('/auth/oidc/identities')).status).toBe(401);
      expect((await back.delete('/auth/oidc/first/link')).status).toBe(404);
    });

    // T-rqp2
    it('refuses an identity of another account', async () => {
      const who = person();
      await signIn(newClient(), who);
      const client = await hosts.signIn(await hosts.member());
      expect(await linked(client, who)).toBe(`/account${REFUSED}`);
    });

    it.each<readonly [string, (client: HttpClient, other: HttpClient) => Promise<unknown>]>([
      ['its session was signed out', (client) => client.post('/auth/logout')],
      ['everything was signed out', (client) => client.post('/auth/logout-all')],
      [
        'the password changed',
        (_, other) =>
          other.post('/auth/password', {
            currentPassword: PASSWORD,
            newPassword: 'another passphrase',
          }),
      ],
      ['another identity was linked', async (_, other) => linked(other, person())],
    ])('is refused once %s', async (_, between) => {
      const member = await hosts.member();
      const [client, other, who] = [
        await hosts.signIn(member),
        await hosts.signIn(member),
        person(),
      ];
      const { url } = (await urlToLink(client)).json<{ url: string }>();
      await between(client, other);
      const answer = await client.get(issuer.approve(url, who));
      expect(locationOf(answer)).toMatch(/#error=login_refused$/);
      const gone = await hosts.database.pool.query(
        'select 1 from auth_identities where issuer_subject = $1',
        [who.sub],
      );
      expect(gone.rows).toEqual([]);
    });

    // T-dsr8
    it('works only in the browser of the user who asked: a URL that was sent to somebody else links nothing', async () => {
      const [attacker, who] = [await hosts.signIn(await hosts.member()), person()];
      const { url } = (await urlToLink(attacker)).json<{ url: string }>();
      const victim = await hosts.signIn(await hosts.member());
      expect(locationOf(await victim.get(issuer.approve(url, who)))).toBe(`/${REFUSED}`);
    });

    // T-h8tt
    it('does not give an identity to an account that the browser is not signed in to, whatever cookie it brings', async () => {
      const [attacker, who] = [await hosts.signIn(await hosts.member()), person()];
      const { url } = (await urlToLink(attacker)).json<{ url: string }>();
      const victim = await hosts.signIn(await hosts.member());
      // as a sibling subdomain plants it
      victim.jar.set('oidc_state', attacker.jar.get('oidc_state') ?? '', '/auth');
      expect(locationOf(await victim.get(issuer.approve(url, who)))).toBe(`/account${REFUSED}`);
      expect((await attacker.get('/auth/oidc/identities')).json()).toEqual([]);
    });

    it('needs a signed-in user, the same site, and a proof at most five minutes old', async () => {
      const { id } = await hosts.member();
      const old = await auth().openSession(id, {
        transport: 'bearer',
        authTime: new Date(Date.now() - 301_000),
      });
      const authorization = `Bearer ${'grant' in old ? old.grant.accessToken : ''}`;
      const headers = { authorization };
      const stale = await newClient().post('/auth/oidc/first/link', {}, { headers });
      expect([stale.status, stale.json()['code']]).toEqual([401, 'reauthentication_required']);
      expect((await newClient().delete('/auth/oidc/first/link', { headers })).status).toBe(401);
      expect((await newClient().post('/auth/oidc/first/link')).status).toBe(401);
      const elsewhere = {
        headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      };
      const client = await hosts.signIn(await hosts.member());
      expect((await client.post('/auth/oidc/first/link', {}, elsewhere)).status).toBe(403);
    });
  });
});
