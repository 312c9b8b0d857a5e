// Spec support: a verifier with three keys, and headers that it accepts.
import type { KeyObject } from 'node:crypto';
import { makeBench, makeKey } from './forge.fixture.js';
import { jwkMembers } from '../keys/jwk-members.js';

export const rsa = makeKey('RS256');
export const other = makeKey('RS256');
export const ec = makeKey('ES256');
export const otherJwk = { ...jwkMembers(other.publicKey), kid: 'other', alg: 'RS256' };
export const ecJwk = { ...jwkMembers(ec.publicKey), kid: 'ec', alg: 'ES256' };
export const { verifier } = makeBench({
  privateKey: rsa.privateKey,
  keyId: 'main',
  verificationKeys: { keys: [otherJwk, ecJwk] },
});

export const header = (changes: Record<string, unknown> = {}) => ({
  alg: 'RS256',
  kid: 'main',
  typ: 'at+jwt',
  ...changes,
});
export const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }) as string;
