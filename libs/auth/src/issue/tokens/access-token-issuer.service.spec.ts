import { describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { SIGNING_ALGORITHMS } from '../../options/key-options.js';
import { AUDIENCE, ISSUER, makeBench, makeKeys, NOW } from '../../verify/tokens/forge.fixture.js';
import { decode, input, keys, withClaims } from './access-token-issuer.fixture.js';

describe('AccessTokenIssuer', () => {
  // T-7czf
  it.each(SIGNING_ALGORITHMS)(
    '%s: has the exact header, and verifies here and with jose',
    async (algorithm) => {
      const { issuer, verifier, keyring } = makeBench(makeKeys(algorithm, 'the-kid'));
      const issued = await issuer.issue({
        ...input,
        role: 'admin',
        permissions: ['a', 'b'],
        authTime: NOW - 9,
        amr: ['pwd', 'otp'],
      });
      expect(decode(issued.token, 0)).toEqual({ alg: algorithm, kid: 'the-kid', typ: 'at+jwt' });
      expect(decode(issued.token, 1)).toEqual({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: 'user-1',
        sid: 'session-1',
        jti: issued.tokenId,
        iat: NOW,
        nbf: NOW,
        exp: NOW + 900,
        tokenVersion: 3,
        role: 'admin',
        permissions: ['a', 'b'],
        auth_time: NOW - 9,
        amr: ['pwd', 'otp'],
      });
      expect(issued).toMatchObject({ expiresInSeconds: 900, expiresAt: NOW + 900 });
      expect(issued.tokenId).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      expect(verifier.verify(issued.token)).toEqual({
        kind: 'accepted',
        principal: {
          kind: 'user',
          id: 'user-1',
          sessionId: 'session-1',
          tokenId: issued.tokenId,
          keyId: 'the-kid',
          tokenVersion: 3,
          role: 'admin',
          permissions: ['a', 'b'],
          authTime: NOW - 9,
          amr: ['pwd', 'otp'],
          issuedAt: NOW,
          expiresAt: NOW + 900,
          claims: {},
        },
      });
      const key = keyring.verificationKey('the-kid')!.publicKey;
      const checked = await jwtVerify(issued.token, key, {
        algorithms: [algorithm],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: 'at+jwt',
        currentDate: new Date(NOW * 1000),
      });
      expect(checked.payload.sub).toBe('user-1');
    },
  );

  // T-jnvz
  it('omits absent claims, and writes several audiences as a list', async () => {
    const { issuer } = makeBench(keys, { ttlSeconds: 60 }, ['api', 'web']);
    const [first, second] = [await issuer.issue({ ...input, amr: [] }), await issuer.issue(input)];
    const claims = decode(first.token, 1);
    expect(Object.keys(claims).sort().join(' ')).toBe(
      'aud exp iat iss jti nbf sid sub tokenVersion',
    );
    expect(claims).toMatchObject({ aud: ['api', 'web'], exp: NOW + 60 });
    expect(first.tokenId).not.toBe(second.tokenId);
  });

  it('signs with the key that is active at the moment', async () => {
    const { issuer, keyring, verifier } = makeBench(keys);
    const next = Keyring.fromOptions(makeKeys('ES256', 'next'));
    keyring.replace({ signing: next.signer(), verification: [next.verificationKey('next')!] });
    const { token } = await issuer.issue(input);
    expect(decode(token, 0)).toEqual({ alg: 'ES256', kid: 'next', typ: 'at+jwt' });
    expect(verifier.verify(token).kind).toBe('accepted');
  });

  it('adds the claims of the hook, which gets the user', async () => {
    const bench = makeBench(keys, {
      claims: async (told) => ({ tenant: 't1', told, when: new Date(0), none: undefined }),
    });
    const { token } = await bench.issuer.issue({ ...input, role: 'r', permissions: ['p'] });
    expect(bench.verifier.verify(token)).toMatchObject({
      principal: {
        claims: {
          tenant: 't1',
          told: { userId: 'user-1', sessionId: 'session-1', role: 'r', permissions: ['p'] },
          when: '1970-01-01T00:00:00.000Z',
        },
      },
    });
  });

  it.each([
    ['a session that ends sooner', 60_000, 60],
    ['one that ends later', 3_600_000, 900],
    ['one that has just ended', -5_000, 1],
  ])('a token of %s lives no longer', async (_, leftMs, lifetime) => {
    const { issuer, verifier } = makeBench(keys);
    const endsByMs = NOW * 1000 + leftMs;
    const issued = await issuer.issue({ ...input, actor: { id: 'boss' }, endsByMs });
    expect(decode(issued.token, 1)).toMatchObject({
      act: { sub: 'boss' },
      iat: NOW,
      exp: NOW + lifetime,
    });
    expect(issued).toMatchObject({ expiresInSeconds: lifetime, expiresAt: NOW + lifetime });
    expect(verifier.verify(issued.token)).toMatchObject({ principal: { actor: { id: 'boss' } } });
  });

  // T-ps3z
  it.each(
    [
      'password Password PASSWORD passwd pwd secret token accessToken refresh_token api-key',
      'apiKey privateKey ssn SSN creditCard credit_card credit.card cardNumber cvv pin iban',
      'email e-mail E_Mail phone phoneNumber address birthdate dateOfBirth passwordHash',
      'password_hash hashedPassword clientSecret userEmail homeAddress reset_token emails',
    ].flatMap((line) => line.split(' ')),
  )('refuses %s, nested too, unless allowed', async (name) => {
    const refused = { reason: 'claim_refused', detail: expect.stringContaining(`"${name}"`) };
    await expect(withClaims({ [name]: 'leaked-value' })).rejects.toMatchObject(refused);
    await expect(withClaims({ [name]: 'leaked-value' })).rejects.not.toThrow('leaked-value');
    await expect(withClaims({ profile: [{ [name]: 'x' }] })).rejects.toMatchObject({
      reason: 'claim_refused',
      detail: expect.stringContaining(`"profile.0.${name}"`),
    });
    await expect(
      withClaims({ [name]: 'x' }, { allowedClaims: new Set([name.toLowerCase()]) }),
    ).resolves.toBeDefined();
    await expect(
      withClaims({ [name]: 'x' }, { allowedClaims: new Set(['other']) }),
    ).rejects.toMatchObject(refused);
  });

  it.each(
    [
      'tenant plan email_verified emailVerified tokenUse maxTokens mapping secretary',
      'addressable shipping',
    ].flatMap((line) => line.split(' ')),
  )('lets %s through', async (name) => {
    await expect(withClaims({ [name]: 1 })).resolves.toBeDefined();
  });

  it.each(
    'iss sub aud exp nbf iat jti sid tokenVersion role permissions auth_time amr act'.split(' '),
  )('refuses %s from the hook, allowed or not', async (name) => {
    const allowedClaims = new Set([name.toLowerCase()]);
    await expect(withClaims({ [name]: 'x' }, { allowedClaims })).rejects.toMatchObject({
      reason: 'claim_refused',
    });
  });

  it.each([
    [null],
    [undefined],
    ['text'],
    [[1]],
    [{ big: 1n }],
    [JSON.parse('{"a":{"__proto__":{}}}')],
  ])('refuses an answer of the hook that is not a plain object (%#)', async (answer) => {
    await expect(withClaims(answer)).rejects.toMatchObject({ reason: 'claim_refused' });
  });

  it('claims of a session take precedence over the hook, and obey the same rules for names', async () => {
    const bench = makeBench(keys, { claims: () => ({ plan: 'free', floor: 1 }) });
    const claims = bench.issuer.sessionClaims({ plan: 'team', none: undefined });
    expect(claims).toEqual({ plan: 'team' });
    const { token } = await bench.issuer.issue({ ...input, claims });
    expect(bench.verifier.verify(token)).toMatchObject({
      principal: { claims: { plan: 'team', floor: 1 } },
    });
    for (const bad of [{ sub: 'x' }, { cell: { phone: 'x' } }, [1], 'text'])
      expect(() => bench.issuer.sessionClaims(bad)).toThrow(
        expect.objectContaining({ reason: 'claim_refused' }),
      );
    // stored by an earlier release, in which the host could use this name
    await expect(bench.issuer.issue({ ...input, claims: { sid: 'x' } })).rejects.toMatchObject({
      reason: 'session_claims_refused',
    });
  });

  // T-97kg
  it('refuses an email address as a user id', async () => {
    const { issuer } = makeBench(keys);
    const issuing = issuer.issue({ ...input, subject: 'ann@example.com' });
    await expect(issuing).rejects.toMatchObject({
      reason: 'claim_refused',
      detail: expect.not.stringContaining('ann'),
    });
  });

  it('refuses a token that is too long for its transport, and any over 8 KiB', async () => {
    const many = Array.from({ length: 300 }, (_, n) => `permission:${n}`);
    const { issuer, verifier } = makeBench(keys);
    const { token } = await issuer.issue({ ...input, permissions: many });
    expect(verifier.verify(token).kind).toBe('accepted');
    const tooLarge = {
      reason: 'token_too_large',
      detail: expect.stringMatching(/has \d+ bytes, at most \d+ fit/),
    };
    await expect(
      issuer.issue({ ...input, permissions: many, maxBytes: token.length - 1 }),
    ).rejects.toMatchObject(tooLarge);
    await expect(
      issuer.issue({ ...input, permissions: many, maxBytes: token.length }),
    ).resolves.toBeDefined();
    const more = [...many, ...many.map((name) => `${name}:x`)];
    await expect(
      issuer.issue({ ...input, permissions: more, maxBytes: 1e6 }),
    ).rejects.toMatchObject(tooLarge);
  });
});
