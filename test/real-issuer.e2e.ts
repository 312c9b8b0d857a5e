import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  AuthModule,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  type Principal,
} from '@tokenward/nestjs';
import { TrustIssuers } from '@tokenward/nestjs/issuers';
import { memoryStorage } from '@tokenward/nestjs/testing';
import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { type HostApp, startHost } from './support/host-app.js';
import { RealIssuer, RESOURCE } from './support/oidc-provider.js';
import { bearer } from './support/stage.js';

let provider: RealIssuer;
let host: HostApp;

beforeAll(async () => {
  // the provider says that it is not set up for production
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  provider = await RealIssuer.start('k1');
  @Controller('notes')
  @UseGuards(JwtAuthGuard)
  class Notes {
    @Get()
    @TrustIssuers(() => provider.url)
    who(@CurrentUser() { id, issuer, permissions }: Principal) {
      return { id, issuer, permissions };
    }
    @Get('ours')
    ours() {
      return 'ours';
    }
  }
  @Module({
    imports: [
      AuthModule.forRoot({
        issuer: 'https://host.example',
        audience: 'host',
        storage: memoryStorage(),
        keys: {
          algorithm: 'ES256',
          privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
        },
        trustedIssuers: [
          {
            issuer: provider.url,
            audience: RESOURCE,
            jwks: { url: `${provider.url}/jwks`, coolDown: '100ms' },
            principal: ({ sub, scope }) => ({
              id: String(sub),
              permissions: String(scope ?? '').split(' '),
            }),
          },
        ],
      }),
    ],
    controllers: [Notes],
  })
  class Host {}
  host = await startHost(Host);
}, 60_000);

afterAll(async () => {
  await host?.close();
  await provider?.down();
  jest.restoreAllMocks();
});

const status = async (token: string, path = '/notes') =>
  (await host.client().get(path, bearer(token))).status;
const statuses = async (tokens: readonly string[]) => [
  ...new Set(await Promise.all(tokens.map((each) => status(each)))),
];
const several = (count: number) =>
  Promise.all(Array.from({ length: count }, () => provider.token(RESOURCE)));

describe('an issuer of oidc-provider', () => {
  // T-rp01
  it('has its access tokens accepted on routes that name it, but none of its other tokens', async () => {
    const token = await provider.token(RESOURCE);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256', kid: 'k1' });
    const answer = await host.client().get('/notes', bearer(token));
    expect([answer.status, answer.json()]).toEqual([
      200,
      { id: 'worker', issuer: provider.url, permissions: [''] },
    ]);
    expect(await status(token, '/notes/ours')).toBe(401);
    // opaque; and for another resource
    for (const other of [await provider.token(), await provider.token('https://other.example.com')])
      expect(await status(other)).toBe(401);
  });

  // T-rp02
  it('has a token revoked here, without effect on its other tokens', async () => {
    const [one, other] = await several(2);
    const auth = host.app.get(AuthService, { strict: false });
    expect(await statuses([one, other] as string[])).toEqual([200]);
    const { jti } = decodeJwt(one as string);
    await auth.revokeForeign({ issuer: provider.url, jti: String(jti) });
    expect([await status(one as string), await status(other as string)]).toEqual([401, 200]);
  });

  // T-rp03
  it('changes its keys while requests run: no request fails, and tokens of a removed key are refused', async () => {
    const old = await several(5);
    const waves: Promise<readonly number[]>[] = [statuses(old)];
    for (const kids of [
      ['k2', 'k1'],
      ['k3', 'k2', 'k1'],
    ] as const) {
      await provider.serve(...(kids as readonly string[] as readonly [string, ...string[]]));
      const fresh = await several(10);
      expect(decodeProtectedHeader(fresh[0] as string).kid).toBe(kids[0]);
      waves.push(statuses([...old, ...fresh, ...old]));
    }
    expect(await Promise.all(waves)).toEqual([[200], [200], [200]]);

    // gone there, and here as soon as its keys are read again: with the next new one at the latest
    await provider.serve('k4', 'k3');
    expect(await statuses(await several(5))).toEqual([200]);
    expect(await statuses(old)).toEqual([401]);
  });

  // T-rp04
  it('is down: its tokens still work, an unknown key is 503 and never 401, and it comes back with a new key', async () => {
    const [seen, unseen] = (await several(2)) as [string, string];
    expect(await status(seen)).toBe(200);
    await provider.down();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const unknown = await new SignJWT({ ...decodeJwt(unseen) })
      .setProtectedHeader({ alg: 'ES256', kid: 'k5', typ: 'at+jwt' })
      .sign(privateKey);
    expect([await status(seen), await status(unseen), await status(unknown)]).toEqual([
      200, 200, 503,
    ]);
    await provider.up();
    await provider.serve('k5');
    expect(await statuses(await several(5))).toEqual([200]);
    // the key of that name is another
    expect(await status(unknown)).toBe(401);
    expect(await status(seen)).toBe(401);
  });

  // T-rp05
  it('has every token of a client revoked by its sub', async () => {
    const tokens = await several(2);
    expect(await statuses(tokens)).toEqual([200]);
    await host.app
      .get(AuthService, { strict: false })
      .revokeForeign({ issuer: provider.url, sub: 'worker' });
    expect(await statuses(tokens)).toEqual([401]);
  });
});
