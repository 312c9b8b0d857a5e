import { describe, expect, it } from '@jest/globals';
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { SystemEntropy } from '../../common/entropy.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import type { RemoteSign, SigningAlgorithm } from '../../options/key-options.js';
import { AccessTokenIssuer } from './access-token-issuer.service.js';
import { AUDIENCE, ISSUER, NOW, makeBench } from '../../verify/tokens/forge.fixture.js';
import { jwkMembers } from '../../verify/keys/jwk-members.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
const input = {
  subject: 'u',
  sessionId: 's',
  tokenVersion: 1,
  permissions: [],
  asOfMs: NOW * 1000,
};

function issue(algorithm: SigningAlgorithm, publicKey: KeyObject, remote: RemoteSign) {
  const keys = { algorithm, publicKey, sign: remote };
  const accessToken = { ttlSeconds: 900, allowedClaims: new Set<string>() };
  const options = {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    keys,
    accessToken,
    storeDeadlineMs: 50,
  } as never;
  return new AccessTokenIssuer(options, Keyring.fromOptions(keys), new SystemEntropy()).issue(
    input,
  );
}

/** Verifies the token as a service that knows only the public key. */
function accepted(algorithm: SigningAlgorithm, publicKey: KeyObject, token: string) {
  const kid = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
    kid: string;
  };
  const jwk = { ...jwkMembers(publicKey), alg: algorithm, kid: kid.kid };
  const { verifier } = makeBench({
    privateKey: other.privateKey,
    verificationKeys: { keys: [jwk] },
  });
  return verifier.verify(token);
}

describe('a key that never leaves its KMS', () => {
  for (const [algorithm, namedCurve] of Object.entries(curves) as ['ES256', 'P-256'][]) {
    const pair = generateKeyPairSync('ec', { namedCurve });
    const hash = `sha${algorithm.slice(2)}`;
    it.each(['ieee-p1363', 'der'] as const)(`${algorithm}, as %s`, async (dsaEncoding) => {
      for (let round = 0; round < 20; round += 1) {
        const { token } = await issue(algorithm, pair.publicKey, async ({ bytes }) =>
          sign(hash, bytes, { key: pair.privateKey, dsaEncoding }),
        );
        expect(accepted(algorithm, pair.publicKey, token)).toMatchObject({ kind: 'accepted' });
      }
    });
  }

  it.each(['RS256', 'PS512'] as const)('%s', async (algorithm) => {
    const pss = {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
    const { token } = await issue(algorithm, rsa.publicKey, async ({ bytes }) =>
      sign(`sha${algorithm.slice(2)}`, bytes, {
        key: rsa.privateKey,
        ...(algorithm.startsWith('PS') ? pss : {}),
      }),
    );
    expect(accepted(algorithm, rsa.publicKey, token)).toMatchObject({ kind: 'accepted' });
  });

  const failures: [string, RemoteSign][] = [
    ['a signature of another key', async ({ bytes }) => sign('sha256', bytes, other.privateKey)],
    ['a signature of something else', async () => sign('sha256', Buffer.from('x'), rsa.privateKey)],
    ['another algorithm', async ({ bytes }) => sign('sha512', bytes, rsa.privateKey)],
    ['nothing', async () => undefined as never],
    ['text', async () => 'c2ln' as never],
    ['an error that quotes its input', ({ bytes }) => Promise.reject(new Error(bytes.toString()))],
    [
      'an error at once',
      () => {
        throw new Error('sync');
      },
    ],
    ['no answer in time', () => new Promise(() => undefined)],
    [
      'what changes the bytes',
      async ({ bytes }) => {
        bytes.fill(0);
        return sign('sha256', bytes, rsa.privateKey);
      },
    ],
  ];
  it.each(failures)('%s is 503, and no token is issued', async (_, remote) => {
    const error: unknown = await issue('RS256', rsa.publicKey, remote).catch(
      (each: unknown) => each,
    );
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(String(error)).not.toMatch(/eyJ/);
  });

  it('is refused beside a key that signs here, without its public half, and for HMAC', () => {
    const remote: RemoteSign = async () => Buffer.alloc(0);
    expect(() => Keyring.fromOptions({ sign: remote, privateKey: rsa.privateKey })).toThrow(
      /keys.sign/,
    );
    expect(() => Keyring.fromOptions({ sign: remote })).toThrow(/keys.publicKey/);
    expect(() => Keyring.fromOptions({ algorithm: 'HS256', sign: remote })).toThrow(/keys.sign/);
  });
});
