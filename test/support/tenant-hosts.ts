import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Controller, Get, Module, type Type, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll } from '@jest/globals';
import { AuthModule, AuthService, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import type { TrustedIssuerOptions } from '@tokenward/nestjs/issuers';
import { SignJWT } from 'jose';
import { ForeignIssuer } from './foreign-issuer.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  PATIENT,
  startHost,
} from './host-app.js';
import { AT, BASE, SSO, TENANT_USERS, tenantRoutes, tenants } from './tenants.js';

@Controller('sure')
@UseGuards(JwtAuthGuard, TokenVersionGuard)
class Sure {
  @Get()
  sure() {
    return 'sure';
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
async function boot(module: unknown, controllers: Type[]): Promise<HostApp> {
  @Module({ imports: [module as Type], controllers })
  class Host {}
  return startHost(Host);
}

export const at = (host: string, token?: string) => ({
  headers: { host, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
});

/** Our own key, whatever the claims: nobody but us could sign it. */
export const forged = (iss: unknown) => {
  const iat = Math.floor(Date.now() / 1000);
  const names = { sub: 'u1', sid: 's1', jti: randomUUID(), tokenVersion: 1 };
  return new SignJWT({ ...names, iss: iss as string, aud: 'host', iat, nbf: iat, exp: iat + 300 })
    .setProtectedHeader({ alg: 'ES256', kid: 'shared', typ: 'at+jwt' })
    .sign(privateKey);
};

/** For the calling file: an issuer with users of several tenants, and a service that verifies its tokens. */
export function tenantHosts() {
  let database: HostDatabase;
  let foreign: Record<keyof typeof SSO, ForeignIssuer>;
  let issuer: HostApp;
  let service: HostApp;

  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query('alter table people add column org text');
    const [acme, globex] = await Promise.all([ForeignIssuer.start(), ForeignIssuer.start()]);
    foreign = { acme, globex };
    const trustedIssuers = (Object.keys(SSO) as (keyof typeof SSO)[]).map(
      (name): TrustedIssuerOptions => ({
        issuer: SSO[name],
        audience: 'api',
        jwks: { url: foreign[name].jwksUrl },
        principal: ({ sub }) => ({ id: String(sub) }),
      }),
    );
    const options = hostOptions(database, {
      keys: { algorithm: 'ES256', privateKey, keyId: 'shared' },
      storage: drizzleStorage(database.db, { users: TENANT_USERS, deadline: PATIENT }),
      identifier: { tenant: ({ headers: { host } }) => AT.get(host ?? '') },
      apiKeys: {},
      tenants,
      trustedIssuers,
    });
    issuer = await boot(AuthModule.forRoot(options), tenantRoutes([Sure]));
    service = await boot(
      AuthModule.forResourceServer({
        issuer: BASE,
        audience: 'host',
        tenants,
        trustedIssuers,
        jwks: { url: `${issuer.url}/.well-known/jwks.json` },
      }),
      tenantRoutes(),
    );
  }, 60_000);

  afterAll(async () => {
    await Promise.all([issuer?.close(), service?.close()]);
    await Promise.all(Object.values(foreign ?? {}).map((each) => each.stop()));
    await database?.drop();
  });

  const auth = () => issuer.app.get(AuthService, { strict: false });
  async function userOf(org: string | null, kind: string | null = null) {
    const id = randomUUID();
    const row = [id, `${id}@x.test`, org, kind];
    await database.pool.query(
      'insert into people (person_ref, mail, org, kind) values ($1, $2, $3, $4)',
      row,
    );
    return id;
  }
  async function signedIn(org: string | null, kind?: string) {
    const id = await userOf(org, kind);
    const { grant } = await auth().openSession(id, {
      transport: 'bearer',
      secondFactor: 'satisfied',
    });
    return { id, token: grant.accessToken, refreshToken: grant.refreshToken };
  }
  const ask = (host: string, token: string, path = '/things', of: HostApp = issuer) =>
    of.client().get(path, at(host, token));
  const statusAt = async (host: string, token: string, path?: string, of?: HostApp) =>
    (await ask(host, token, path, of)).status;

  return {
    database: () => database,
    foreign: () => foreign,
    issuer: () => issuer,
    service: () => service,
    auth,
    userOf,
    signedIn,
    ask,
    statusAt,
  };
}
