import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  type Principal,
} from '@tokenward/nestjs';
import type { EncryptionOptions } from '@tokenward/nestjs/options';
import { CompactEncrypt, compactDecrypt } from 'jose';
import {
  addPerson,
  HOST_PASSWORD as PASSWORD,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  startHost,
} from './support/host-app.js';
import { bearer, REFUSED, refusalOf } from './support/stage.js';

const ENCRYPTION: EncryptionOptions = { keys: [{ keyId: 'e1', key: randomBytes(32) }] };
const SECRET = ENCRYPTION.keys[0]?.key as Buffer;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  mine(@CurrentUser() user: Principal) {
    return { id: user.id, ward: user.claims['ward'] };
  }
}

describe.each(['express', 'fastify'] as const)('encrypted access tokens on %s', (adapter) => {
  let database: HostDatabase;
  let issuer: HostApp;
  let verifier: HostApp;
  let id: string;
  const mail = 'ada@example.com';

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, {
      keys: { algorithm: 'ES256', privateKey, keyId: 'main' },
      accessToken: { encryption: ENCRYPTION, claims: () => ({ ward: 'oncology' }) },
    });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Things] })
    class Issuer {}
    issuer = await startHost(Issuer, adapter);
    const resourceServer = AuthModule.forResourceServer({
      issuer: 'https://host.example',
      audience: 'host',
      jwks: { url: `${issuer.url}/.well-known/jwks.json`, algorithms: ['ES256'] },
      accessToken: { encryption: ENCRYPTION },
    });
    @Module({ imports: [resourceServer], controllers: [Things] })
    class Verifier {}
    verifier = await startHost(Verifier, adapter);
    id = (await addPerson(issuer, database, { mail })).id;
  });
  afterAll(async () => {
    await verifier?.close();
    await issuer?.close();
    await database?.drop();
  });

  const signIn = async (): Promise<{ accessToken: string; refreshToken: string }> =>
    (
      await issuer
        .client()
        .post('/auth/login', { email: mail, password: PASSWORD, transport: 'bearer' })
    ).json();

  // T-kx9r
  it('cannot be read by their holder, but by the guards: bearer, cookie, and a verify-only service', async () => {
    const { accessToken } = await signIn();
    expect(accessToken.split('.')).toHaveLength(5);
    const readable = accessToken
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(readable.join()).not.toMatch(/oncology|host\.example/);
    for (const app of [issuer, verifier])
      for (const way of [
        bearer(accessToken),
        { headers: { cookie: `access_token=${accessToken}` } },
      ])
        expect((await app.client().get('/things', way)).json()).toEqual({ id, ward: 'oncology' });
    const browser = issuer.client();
    await browser.post('/auth/login', { email: mail, password: PASSWORD });
    expect((await browser.get('/things')).json()).toEqual({ id, ward: 'oncology' });
  });

  // T-6wcx
  it('are refused without encryption, around a forgery, or under an unknown encryption key', async () => {
    const { accessToken } = await signIn();
    const { plaintext, protectedHeader } = await compactDecrypt(accessToken, SECRET);
    expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'e1', cty: 'JWT' });
    const signed = Buffer.from(plaintext).toString();
    const seal = (content: string, key: Uint8Array = SECRET, changes: object = {}) =>
      new CompactEncrypt(Buffer.from(content))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'e1', cty: 'JWT', ...changes })
        .encrypt(key);
    const [head, body] = signed.split('.');
    const table: [string, string][] = [
      ['the signed token inside, bare', signed],
      ['claims that nobody signed', await seal(Buffer.from(body ?? '', 'base64url').toString())],
      [
        'an altered signature',
        await seal(`${String(head)}.${String(body)}.${Buffer.alloc(64, 1).toString('base64url')}`),
      ],
      ['another secret', await seal(signed, randomBytes(32))],
      ['twice encrypted', await seal(accessToken)],
      [
        'compressed',
        accessToken.replace(
          /^[^.]+/,
          Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"e1","cty":"JWT","zip":"DEF"}').toString(
            'base64url',
          ),
        ),
      ],
    ];
    for (const app of [issuer, verifier]) {
      for (const [name, token] of table)
        expect([name, refusalOf(await app.client().get('/things', bearer(token)))]).toEqual([
          name,
          REFUSED,
        ]);
      // the control: what was resealed unaltered is good
      expect((await app.client().get('/things', bearer(await seal(signed)))).status).toBe(200);
    }
  });

  it('can be revoked like any other token, also when cached', async () => {
    const { accessToken, refreshToken } = await signIn();
    const use = async () => (await issuer.client().get('/things', bearer(accessToken))).status;
    expect([await use(), await use()]).toEqual([200, 200]);
    const renewed = await issuer.client().post('/auth/refresh', { refreshToken });
    expect(renewed.json<{ accessToken: string }>().accessToken.split('.')).toHaveLength(5);
    expect(
      (await issuer.client().post('/auth/logout', undefined, bearer(accessToken))).status,
    ).toBe(204);
    expect(await use()).toBe(401);
    const again = await signIn();
    await issuer.app.get(AuthService, { strict: false }).revokeUser(id);
    expect((await issuer.client().get('/things', bearer(again.accessToken))).status).toBe(401);
  });
});
