import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccountHosts } from './support/account-host.js';
import { oidcHosts, signIn } from './support/oidc-host.js';
import { locationOf, person, REFUSED } from './support/sign-in-elsewhere.js';

describe('what the options of oidc change', () => {
  let hosts: AccountHosts;
  beforeAll(async () => {
    hosts = await oidcHosts(
      { createAccounts: false, linkByVerifiedEmail: true, publicUrl: 'https://shop.example/auth/' },
      { accounts: { verifiedEmail: 'required' } },
    );
  });
  afterAll(() => hosts.close());

  // T-hbk6
  it.each([
    ['is joined where both sides know it as verified', { verifiedAt: new Date() }, true, '/done'],
    ['is not where the provider does not', { verifiedAt: new Date() }, false, `/done${REFUSED}`],
    ['is not where nobody proved it here', {}, true, `/done${REFUSED}`],
    ['is not where neither does', {}, false, `/done${REFUSED}`],
  ])('linkByVerifiedEmail: an email %s', async (_, values, emailVerified, place) => {
    const [member, client] = [await hosts.member(values), hosts.host.client()];
    const approval = { sub: member.id, email: member.mail, emailVerified };
    expect(locationOf(await signIn(client, approval))).toBe(place);
    const joined = await hosts.database.pool.query(
      'select subject from auth_identities where subject = $1',
      [member.id],
    );
    expect(joined.rows).toHaveLength(place === '/done' ? 1 : 0);
  });

  it.each(['the provider', 'the account'])(
    'linkByVerifiedEmail: another mailbox, equal after NFKC only, is not linked if it is that of %s',
    async (whose) => {
      const plain = `of-${whose.slice(4)}@example.com`;
      const wide = plain.replaceAll(/[a-z]/g, (each) =>
        String.fromCharCode(each.charCodeAt(0) + 0xfee0),
      );
      expect(wide.normalize('NFKC')).toBe(plain);
      const [email, mail] = whose === 'the provider' ? [wide, plain] : [plain, wide];
      const member = await hosts.member({ mail, verifiedAt: new Date() });
      const answer = await signIn(hosts.host.client(), {
        sub: member.id,
        email,
        emailVerified: true,
      });
      expect(locationOf(answer)).toBe(`/done${REFUSED}`);
    },
  );

  it('createAccounts off: an unknown person gets no account', async () => {
    const email = person().email;
    const answer = await signIn(hosts.host.client(), { email, emailVerified: true });
    expect(locationOf(answer)).toBe(`/done${REFUSED}`);
    const made = await hosts.database.pool.query('select 1 from people where mail = $1', [email]);
    expect(made.rows).toEqual([]);
  });

  it('publicUrl: the redirect URI comes from configuration, whatever Host and forwarded headers say', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const location = locationOf(await hosts.host.client().get('/auth/oidc/first', { headers }));
    const uri = new URL(location).searchParams.get('redirect_uri');
    expect(uri).toBe('https://shop.example/auth/oidc/first/callback');
  });

  it('without it the route works only on loopback, and the boot stops in production', async () => {
    const plain = await oidcHosts();
    const answer = await plain.host
      .client()
      .get('/auth/oidc/first', { headers: { host: 'evil.example' } });
    await plain.close();
    expect([answer.status, answer.json()['code']]).toEqual([404, 'not_found']);
    const { NODE_ENV: environment } = process.env;
    process.env['NODE_ENV'] = 'production';
    const started = oidcHosts();
    await expect(started).rejects.toThrow('oidc.publicUrl: is missing');
    process.env['NODE_ENV'] = environment;
  });
});
