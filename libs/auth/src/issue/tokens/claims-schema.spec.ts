import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { forge, goodClaims, makeBench, refused } from '../../verify/tokens/forge.fixture.js';
import { input, keys, withClaims } from './access-token-issuer.fixture.js';

describe('claimsSchema', () => {
  const claimsSchema = z.object({
    tenant: z.string().min(2),
    limits: z.object({ seats: z.number() }).optional(),
  });

  // T-7whv
  it('is applied at issue, and its errors name paths, not values', async () => {
    const claims = { tenant: 'acme', limits: { seats: 'confidential' } };
    await expect(withClaims(claims, { claimsSchema })).rejects.toMatchObject({
      reason: 'claim_refused',
      detail: expect.stringMatching(/at: limits\.seats$/),
    });
    await expect(withClaims({}, { claimsSchema })).rejects.toMatchObject({
      detail: expect.stringMatching(/at: tenant$/),
    });
    await expect(withClaims({ tenant: 'acme' }, { claimsSchema })).resolves.toBeDefined();
  });

  // T-shmr
  it('is applied at verification', () => {
    const secret = keys.secret as Buffer;
    const { verifier } = makeBench(keys, { claimsSchema });
    const token = (claims: object) =>
      forge(
        { alg: 'HS256', kid: 'main', typ: 'at+jwt' },
        goodClaims({ ...claims }),
        secret,
        'HS256',
      );
    expect(verifier.verify(token({ tenant: 'acme', extra: 1 }))).toMatchObject({
      principal: { claims: { tenant: 'acme' } },
    });
    expect(verifier.verify(token({ tenant: 'a' }))).toEqual(refused('custom_claims_refused'));
    expect(verifier.verify(token({}))).toEqual(refused('custom_claims_refused'));
  });

  it('is also applied to claims of a session, before a refresh token is spent', async () => {
    const { issuer } = makeBench(keys, { claimsSchema });
    expect(issuer.needs()).toBe('host');
    expect(makeBench(keys).issuer.needs()).toBe('nobody');
    const kept = issuer.sessionClaims({ tenant: 'a' });
    await expect(issuer.issue({ ...input, claims: kept })).rejects.toMatchObject({
      reason: 'session_claims_refused',
      detail: expect.stringMatching(/at: tenant$/),
    });
    await expect(issuer.issue({ ...input, claims: { tenant: 'acme' } })).resolves.toBeDefined();
  });

  it('must be synchronous and return an object', async () => {
    const slow = z.object({ tenant: z.string().refine(async () => true) });
    const misfit = {
      reason: 'configuration_invalid',
      detail: expect.stringContaining('accessToken.claimsSchema'),
    };
    await expect(withClaims({ tenant: 'acme' }, { claimsSchema: slow })).rejects.toMatchObject(
      misfit,
    );
    await expect(
      withClaims({}, { claimsSchema: z.any().transform(() => 1) }),
    ).rejects.toMatchObject(misfit);
    const { token } = await withClaims({ tenant: 'acme' });
    expect(() => makeBench(keys, { claimsSchema: slow }).verifier.verify(token)).toThrow(
      /claimsSchema: answers with a promise/,
    );
  });
});
