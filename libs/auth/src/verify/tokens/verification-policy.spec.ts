import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { forge, goodClaims, makeBench, NOW } from './forge.fixture.js';

const secret = randomBytes(64);
const keys = { algorithm: 'HS256', secret, keyId: 'main' } as const;
const token = (payload: Record<string, unknown> | string) =>
  forge({ alg: 'HS256', kid: 'main', typ: 'at+jwt' }, payload, secret, 'HS256');
const verify = (changes: Record<string, unknown>) =>
  makeBench(keys).verifier.verify(token(goodClaims(changes)));
const refusal = (reason: string) => ({ kind: 'refused', reason });

describe('claims', () => {
  it('accepts the control', () => {
    expect(verify({})).toMatchObject({
      kind: 'accepted',
      principal: {
        id: 'user-1',
        sessionId: 'session-1',
        keyId: 'main',
        tokenVersion: 1,
        permissions: [],
        claims: {},
      },
    });
    expect(
      verify({
        role: 'admin',
        permissions: ['a'],
        auth_time: NOW - 5,
        amr: ['pwd'],
        plan: 'pro',
        bound: 'dbsc',
        act: { sub: 'a' },
      }),
    ).toMatchObject({
      principal: {
        role: 'admin',
        permissions: ['a'],
        authTime: NOW - 5,
        amr: ['pwd'],
        bound: 'dbsc',
        actor: { id: 'a' },
        claims: { plan: 'pro' },
      },
    });
  });

  it.each(['pending+jwt', 'PENDING+JWT'])(
    'a token of the type %s is refused, unless the caller proves the key itself',
    (typ) => {
      const { verifier } = makeBench(keys);
      const pending = forge({ alg: 'HS256', kid: 'main', typ }, goodClaims(), secret, 'HS256');
      const isOurs = typ === 'pending+jwt';
      for (const _ of ['verified', 'remembered'])
        expect(verifier.verify(pending)).toEqual(refusal(isOurs ? 'key_due' : 'type_refused'));
      expect(verifier.verify(pending, { keyBound: 'told' })).toMatchObject(
        isOurs ? { kind: 'accepted', pending: true } : refusal('type_refused'),
      );
    },
  );

  it.each(['iat', 'nbf', 'exp', 'tokenVersion'])(
    '%s is a number of JSON, and a finite one',
    (name) => {
      const written = (value: string) =>
        JSON.stringify(goodClaims()).replace(
          `"${name}":${String(goodClaims()[name])}`,
          `"${name}":${value}`,
        );
      const verified = (value: string) => makeBench(keys).verifier.verify(token(written(value)));
      expect(verified('1e400')).toEqual(refusal('claims_malformed'));
      expect(verified('NaN')).toEqual(refusal('malformed'));
    },
  );

  it('a token without amr leaves the method unknown', () => {
    const outcome = verify({ auth_time: NOW });
    expect(outcome.kind === 'accepted' && 'amr' in outcome.principal).toBe(false);
  });

  // T-xd9h
  it('one matching audience of several is enough', () => {
    const { verifier } = makeBench(keys, {}, ['api', 'admin']);
    expect(verifier.verify(token(goodClaims({ aud: 'admin' }))).kind).toBe('accepted');
    expect(verifier.verify(token(goodClaims({ aud: 'web' }))).kind).toBe('refused');
  });

  // T-tgxn
  it('the tolerance has the configured value, to the millisecond', () => {
    const { verifier, clock } = makeBench(keys, { clockToleranceSeconds: 0 });
    clock.ms = (NOW + 900) * 1000 - 1;
    expect(verifier.verify(token(goodClaims())).kind).toBe('accepted');
    clock.ms += 1;
    expect(verifier.verify(token(goodClaims()))).toEqual(refusal('expired'));
    clock.ms = NOW * 1000 - 1;
    expect(verifier.verify(token(goodClaims()))).toEqual(refusal('not_yet_valid'));
  });

  it('only expiry can be ignored, for logout', () => {
    const { verifier, clock } = makeBench(keys);
    clock.ms += 10 * 86_400_000;
    expect(verifier.verify(token(goodClaims())).kind).toBe('refused');
    expect(verifier.verify(token(goodClaims()), { expiry: 'ignored' }).kind).toBe('accepted');
    expect(verifier.verify(token(goodClaims({ iss: 'x' })), { expiry: 'ignored' }).kind).toBe(
      'refused',
    );
    expect(
      verifier.verify(token(goodClaims({ nbf: NOW + 20 * 86_400 })), { expiry: 'ignored' }).kind,
    ).toBe('refused');
    expect(
      verifier.verify(token(goodClaims({ exp: NOW + 7200 })), { expiry: 'ignored' }).kind,
    ).toBe('refused');
  });

  // T-pr7t
  it('a polluted prototype does not supply missing claims', () => {
    const prototype = Object.prototype as Record<string, unknown>;
    Object.assign(prototype, { sid: 'polluted', role: 'admin' });
    try {
      expect(verify({ sid: undefined })).toEqual(refusal('claims_malformed'));
      const outcome = verify({});
      expect(outcome.kind === 'accepted' && Object.hasOwn(outcome.principal, 'role')).toBe(false);
    } finally {
      delete prototype.sid;
      delete prototype.role;
    }
  });
});
