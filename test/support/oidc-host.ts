import { afterAll, expect } from '@jest/globals';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import { oidc, type OidcOptions } from '@tokenward/nestjs/oidc';
import type { AccountOptions } from '@tokenward/nestjs/options';
import { totp } from '@tokenward/nestjs/totp';
import { accountHosts } from './account-host.js';
import { type FactorHost, factorHost, sealingKey } from './factor-host.js';
import { type Approval, type FakeIssuer, fakeIssuer } from './fake-issuer.js';
import type { HttpAnswer, HttpClient } from './http.js';
import { locationOf } from './sign-in-elsewhere.js';

export const TRUSTED = 'https://app.example.com';

/** Two providers for the importing file: `first` and `second` on its hosts. */
export const [issuer, other] = await Promise.all([fakeIssuer(), fakeIssuer()]);
afterAll(() => Promise.all([issuer.close(), other.close()]));

const registered = ({ issuer: url, clientId, clientSecret }: FakeIssuer) => ({
  issuer: url,
  clientId,
  clientSecret,
});
const factorsOf = (providers: OidcOptions['providers'], changes: Partial<OidcOptions>) => ({
  methods: [oidc({ providers, ...changes }), totp({ issuer: 'Example' })],
  encryptionKeys: [sealingKey('k1')],
});

type HostOptions = Partial<Omit<AuthModuleOptions, 'accounts'>> & {
  readonly accounts?: Partial<AccountOptions>;
  readonly count?: number;
};

/** A host with accounts, on a database. */
export function oidcHosts(
  changes: Partial<OidcOptions> = {},
  { accounts = {}, count = 1, ...others }: HostOptions = {},
) {
  const factors = factorsOf({ first: registered(issuer), second: registered(other) }, changes);
  return accountHosts(
    accounts,
    { factors, origins: { trustedOrigins: [TRUSTED] }, ...others },
    count,
  );
}

/** A host on memory stores, with only `first` and a clock that the test moves. */
export function oidcHost(
  changes: Partial<OidcOptions> = {},
  options: Parameters<typeof factorHost>[0] = {},
): Promise<FactorHost> {
  const factors = factorsOf({ first: registered(issuer) }, changes);
  return factorHost({ factors, cookies: { secure: false }, ...options });
}

/** The provider uses the machine's clock, and its times must not be in the future. */
export function catchUp({ clock }: FactorHost): void {
  clock.advance(`${String(Math.max(0, Date.now() - clock.now()))}ms`);
}

export async function begin(
  client: HttpClient,
  query: Readonly<Record<string, string>> = {},
): Promise<URL> {
  const answer = await client.get(`/auth/oidc/first?${String(new URLSearchParams(query))}`);
  expect(answer.status).toBe(302);
  return new URL(locationOf(answer));
}

/** Signs in, from the button to the final page. */
export async function visit(
  client: HttpClient,
  approval: Approval,
  query?: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  return client.get(issuer.approve((await begin(client, query)).href, approval));
}

/** Through the first provider and back. */
export const signIn = (
  client: HttpClient,
  approval: Approval,
  returnTo = '/done',
): Promise<HttpAnswer> => visit(client, approval, { returnTo });
