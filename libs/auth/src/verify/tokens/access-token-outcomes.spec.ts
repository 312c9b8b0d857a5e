import { randomBytes } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import { CompactEncrypt } from 'jose';
import { z } from 'zod';
import { resolveOptions } from '../../options/resolve-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AccessTokenVerifier } from './access-token-verifier.service.js';
import { forge, goodClaims, ISSUER, makeBench, NOW, refused } from './forge.fixture.js';

const secret = randomBytes(64);
const keys = { algorithm: 'HS256', secret, keyId: 'main' } as const;
const token = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  forge(
    { alg: 'HS256', kid: 'main', typ: 'at+jwt', ...header },
    goodClaims(changes),
    secret,
    'HS256',
  );
const JKT = 'k'.repeat(43);

describe('an accepted token', () => {
  const minimal = {
    kind: 'user',
    id: 'user-1',
    sessionId: 'session-1',
    tokenId: '7f1f0f0e-0000-4000-8000-000000000001',
    keyId: 'main',
    tokenVersion: 1,
    permissions: [],
    issuedAt: NOW,
    expiresAt: NOW + 900,
    claims: {},
  };

  it.each<[string, Record<string, unknown>, object]>([
    ['nothing more', {}, {}],
    ['a role', { role: 'admin' }, { role: 'admin' }],
    ['permissions', { permissions: ['a', 'b'] }, { permissions: ['a', 'b'] }],
    ['the time of the proof', { auth_time: NOW - 9 }, { authTime: NOW - 9 }],
    ['how it was proved', { amr: ['pwd', 'otp'] }, { amr: ['pwd', 'otp'] }],
    ['what its session is bound to', { bound: 'dbsc' }, { bound: 'dbsc' }],
    ['who acts', { act: { sub: 'boss' } }, { actor: { id: 'boss' } }],
    ['claims of the host', { plan: 'pro' }, { claims: { plan: 'pro' } }],
  ])('gives a principal with %s, and no empty members', (_, claims, more) => {
    const outcome = makeBench(keys).verifier.verify(token(claims));
    expect(outcome).toStrictEqual({ kind: 'accepted', principal: { ...minimal, ...more } });
  });

  it('gives a principal that is frozen with all that it holds', () => {
    const claims = { permissions: ['a'], amr: ['pwd'], act: { sub: 'boss' } };
    const outcome = makeBench(keys).verifier.verify(token(claims));
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    const { principal } = outcome;
    for (const part of [principal, principal.permissions, principal.amr, principal.actor])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it.each(['verified', 'remembered'])('of a key is only for who asks for a proof (%s)', (how) => {
    const { verifier } = makeBench(keys);
    const bound = token({ cnf: { jkt: JKT } });
    if (how === 'remembered') verifier.verify(bound);
    expect(verifier.verify(bound)).toEqual(refused('key_bound'));
    expect(verifier.verify(bound, { keyBound: 'refused' })).toEqual(refused('key_bound'));
    expect(verifier.verify(bound, { keyBound: 'told' })).toMatchObject({
      kind: 'accepted',
      boundKey: JKT,
      principal: { bound: 'dpop' },
    });
  });

  it.each(['verified', 'remembered'])(
    'of a session that waits for a key is no access (%s)',
    (how) => {
      const { verifier } = makeBench(keys);
      const pending = token({}, { typ: 'pending+jwt' });
      if (how === 'remembered') verifier.verify(pending);
      expect(verifier.verify(pending)).toEqual(refused('key_due'));
      const told = verifier.verify(pending, { keyBound: 'told' });
      expect(told).toMatchObject({ kind: 'accepted', pending: true });
    },
  );

  it('expires, also where it is remembered; for a logout it may have', () => {
    const { verifier, clock } = makeBench(keys);
    const given = token();
    clock.ms += 929_999;
    expect(verifier.verify(given).kind).toBe('accepted');
    clock.ms += 1;
    expect(verifier.verify(given)).toEqual(refused('expired'));
    expect(verifier.verify(given, { expiry: 'ignored' }).kind).toBe('accepted');
  });

  it('that is neither bound nor pending says nothing of a key', () => {
    const outcome = makeBench(keys).verifier.verify(token(), { keyBound: 'told' });
    expect(Object.keys(outcome)).toEqual(['kind', 'principal']);
  });
});

describe('a refused token', () => {
  const header = { alg: 'HS256', kid: 'main', typ: 'at+jwt' };
  it.each([
    [
      'of another secret',
      forge(header, goodClaims(), randomBytes(64), 'HS256'),
      'signature_mismatch',
    ],
    ['of another algorithm', token({}, { alg: 'HS512' }), 'algorithm_mismatch'],
    ['of another kind', token({}, { typ: 'id+jwt' }), 'type_refused'],
    ['of an unknown key', token({}, { kid: 'other' }), 'key_unknown'],
    ['whose claims the host refuses', token({ plan: 7 }), 'custom_claims_refused'],
  ])('%s says why', (_, given, reason) => {
    const claimsSchema = z.object({ plan: z.string().optional() });
    expect(makeBench(keys, { claimsSchema }).verifier.verify(given)).toEqual(refused(reason));
  });
});

describe('the tenants of an issuer', () => {
  const [acme, other] = ['https://acme.example', 'https://other.example'];
  it('are named by the issuer of the token; a stranger is refused', () => {
    const { options, keyring, clock } = makeBench(keys);
    const tenants = { names: new Map([[acme, 'acme']]) };
    const given = { ...options, tenants } as unknown as ResolvedAuthOptions;
    const verifier = new AccessTokenVerifier(given, keyring, clock);
    const tenantOf = (iss: string) => {
      const outcome = verifier.verify(token({ iss }));
      return outcome.kind === 'accepted' ? outcome.principal : outcome;
    };
    expect(tenantOf(acme)).toMatchObject({ tenant: 'acme' });
    expect(tenantOf(ISSUER)).not.toHaveProperty('tenant');
    expect(tenantOf(other)).toEqual(refused('issuer_mismatch'));
  });
});

describe('what is counted and remembered', () => {
  it('is a full check with its time, or a remembered token', () => {
    const { options, keyring, clock } = makeBench(keys);
    const claimsSchema = z.looseObject({}).refine(() => (clock.ms += 7));
    const accessToken = { ...options.accessToken, claimsSchema };
    const given = { ...options, accessToken } as unknown as ResolvedAuthOptions;
    const verifier = new AccessTokenVerifier(given, keyring, clock);
    verifier.verify(token());
    expect(verifier.counters).toEqual({ remembered: 0, verified: 1, verifiedMs: 7 });
    verifier.verify(token());
    verifier.verify(token());
    expect(verifier.counters).toEqual({ remembered: 2, verified: 1, verifiedMs: 7 });
    verifier.verify(token({ iss: 'x' }));
    expect(verifier.counters).toEqual({ remembered: 2, verified: 2, verifiedMs: 7 });
  });

  it('is not the outcome under keys that changed during the check', () => {
    const { options, keyring, clock } = makeBench(keys);
    const claimsSchema = z.looseObject({}).refine(() => (keyring.revoke('main'), true));
    const accessToken = { ...options.accessToken, claimsSchema };
    const given = { ...options, accessToken } as unknown as ResolvedAuthOptions;
    const verifier = new AccessTokenVerifier(given, keyring, clock);
    expect(verifier.verify(token()).kind).toBe('accepted');
    expect(verifier.verify(token())).toEqual(refused('key_unknown'));
  });

  it('is at most 32 headers, of accepted tokens alone', () => {
    const clear = jest.spyOn(Map.prototype, 'clear');
    const set = jest.spyOn(Map.prototype, 'set');
    try {
      const { verifier } = makeBench(keys, { cacheSize: 0 });
      const headers = () => set.mock.calls.filter(([key]) => /^ey/.test(String(key))).length;
      for (let n = 0; n < 40; n++) verifier.verify(token({ iss: 'x' }, { n }));
      expect(headers()).toBe(0);
      for (let n = 0; n < 32; n++) verifier.verify(token({}, { n }));
      verifier.verify(token({}, { n: 0 }));
      expect([headers(), clear.mock.calls.length]).toEqual([32, 0]);
      verifier.verify(token({}, { n: 32 }));
      expect([headers(), clear.mock.calls.length]).toEqual([33, 1]);
    } finally {
      clear.mockRestore();
      set.mockRestore();
    }
  });

  it('a key is known until it leaves, and after it was revoked', () => {
    const { verifier, keyring } = makeBench(keys);
    expect(['main', 'other'].map((kid) => verifier.knowsKey(kid))).toEqual([true, false]);
    keyring.revoke('main');
    expect(verifier.knowsKey('main')).toBe(true);
  });
});

describe('an old token', () => {
  const UNTIL = (NOW + 60) * 1000;
  it.each(['verified', 'remembered'])('ends with its window, also for a logout (%s)', (how) => {
    const legacy = resolveOptions(
      {
        issuer: ISSUER,
        audience: 'api',
        keys: {},
        accessToken: {
          legacy: [
            {
              name: 'shop',
              algorithm: 'HS256',
              key: 'the old secret of the shop, 32 bytes and more',
              acceptUntil: new Date(UNTIL),
            },
          ],
        },
      },
      false,
    ).accessToken.legacy;
    const { verifier, clock } = makeBench(keys, { legacy });
    const claims = { sub: 42, iat: NOW, exp: NOW + 600 };
    const old = forge(
      { alg: 'HS256', typ: 'JWT' },
      claims,
      'the old secret of the shop, 32 bytes and more',
      'HS256',
    );
    if (how === 'remembered') expect(verifier.verify(old).kind).toBe('accepted');
    clock.ms = UNTIL - 1;
    expect(verifier.verify(old).kind).toBe('accepted');
    clock.ms = UNTIL;
    for (const expiry of ['enforced', 'ignored'] as const)
      expect(verifier.verify(old, { expiry })).toEqual(refused('expired'));
  });
});

describe('an encrypted token', () => {
  const contentKey = randomBytes(32);
  const encryption = (plaintext?: 'accepted' | 'refused') =>
    resolveOptions(
      {
        issuer: ISSUER,
        audience: 'api',
        keys: {},
        accessToken: { encryption: { keys: [{ keyId: 'e', key: contentKey }], plaintext } },
      },
      false,
    ).accessToken.encryption;
  const sealed = (content: string) =>
    new CompactEncrypt(Buffer.from(content))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'e', cty: 'JWT' })
      .encrypt(contentKey);

  it('is decrypted, verified and remembered', async () => {
    const { verifier } = makeBench(keys, { encryption: encryption() });
    const given = await sealed(token());
    expect(verifier.verify(given)).toEqual(refused('malformed'));
    const first = verifier.verifyAny(given);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toMatchObject({ kind: 'accepted', principal: { id: 'user-1' } });
    expect(verifier.verifyAny(given)).toMatchObject({ kind: 'accepted' });
    expect(verifier.verify(given)).toMatchObject({ kind: 'accepted' });
  });

  it('may be expired for a logout, and bound for who asks for a proof', async () => {
    const { verifier, clock } = makeBench(keys, { encryption: encryption(), cacheSize: 0 });
    clock.ms += 1_000_000;
    const given = await sealed(token({ cnf: { jkt: JKT } }));
    expect(await verifier.verifyAny(given, { keyBound: 'told' })).toEqual(refused('expired'));
    expect(await verifier.verifyAny(given, { expiry: 'ignored' })).toEqual(refused('key_bound'));
    const told = await verifier.verifyAny(given, { expiry: 'ignored', keyBound: 'told' });
    expect(told).toMatchObject({ kind: 'accepted', boundKey: JKT });
  });

  it.each([
    ['what is not a token', 'x', 'malformed'],
    ['a token of another issuer', token({ iss: 'x' }), 'issuer_mismatch'],
  ])('is refused around %s', async (_, content, reason) => {
    const { verifier } = makeBench(keys, { encryption: encryption() });
    expect(await verifier.verifyAny(await sealed(content))).toEqual(refused(reason));
  });

  it('is refused where it cannot be decrypted', async () => {
    const { verifier } = makeBench(keys, { encryption: encryption() });
    const [head, ...parts] = (await sealed(token())).split('.');
    const altered = [head, ...parts.slice(0, 3), 'A'.repeat(22)].join('.');
    expect(await verifier.verifyAny(altered)).toEqual(refused('decryption_failed'));
  });

  it('is demanded by `plaintext: refused`, and only there', () => {
    const of = (plaintext: 'accepted' | 'refused') =>
      makeBench(keys, { encryption: encryption(plaintext) }).verifier.verifyAny(token());
    expect(of('refused')).toEqual(refused('not_encrypted'));
    expect(of('accepted')).toMatchObject({ kind: 'accepted' });
  });
});
