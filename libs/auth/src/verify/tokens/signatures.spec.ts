import { describe, expect, it } from '@jest/globals';
import { constants, createPublicKey, sign } from 'node:crypto';
import { b64, forge, goodClaims, makeBench, rawSignature, refused } from './forge.fixture.js';
import { jwkMembers } from '../keys/jwk-members.js';
import { ec, header, pem, rsa, verifier } from './verifier.fixture.js';

const ecBench = makeBench({ algorithm: 'ES256', privateKey: ec.privateKey, keyId: 'main' });

describe('PSS signatures', () => {
  const bench = makeBench({ algorithm: 'PS256', privateKey: rsa.privateKey, keyId: 'main' });
  const input = `${b64(JSON.stringify(header({ alg: 'PS256' })))}.${b64(JSON.stringify(goodClaims()))}`;
  const padding = constants.RSA_PKCS1_PSS_PADDING;

  // RFC 7518, section 3.5: the salt is as long as the hash
  it.each([
    [32, 'accepted'],
    [0, 'refused'],
    [20, 'refused'],
    [64, 'refused'],
  ])('salt of %i bytes', (saltLength, kind) => {
    const signature = sign('sha256', Buffer.from(input), {
      key: rsa.privateKey,
      padding,
      saltLength,
    });
    expect(bench.verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });

  it('PKCS#1 v1.5 under alg PS256', () => {
    expect(
      bench.verifier.verify(`${input}.${b64(rawSignature('RS256', rsa.privateKey, input))}`).kind,
    ).toBe('refused');
  });
});

describe('RSA signatures', () => {
  const modulus = BigInt(
    `0x${Buffer.from(jwkMembers(rsa.publicKey).n ?? '', 'base64url').toString('hex')}`,
  );
  const input = `${b64(JSON.stringify(header()))}.${b64(JSON.stringify(goodClaims()))}`;
  const right = rawSignature('RS256', rsa.privateKey, input);
  const bytes = (value: bigint) =>
    Buffer.from(value.toString(16).padStart(512, '0').slice(-512), 'hex');
  const value = BigInt(`0x${right.toString('hex')}`);

  it.each<readonly [string, Buffer, string]>([
    ['control', right, 'accepted'],
    ['0', bytes(0n), 'refused'],
    ['1, which is its own power', bytes(1n), 'refused'],
    ['n - 1', bytes(modulus - 1n), 'refused'],
    ['n - s', bytes(modulus - value), 'refused'],
    [
      's + n, the same modulo n',
      Buffer.from((value + modulus).toString(16).padStart(514, '0'), 'hex'),
      'refused',
    ],
    ['a leading zero more', Buffer.concat([Buffer.alloc(1), right]), 'refused'],
    ['a zero behind', Buffer.concat([right, Buffer.alloc(1)]), 'refused'],
    ['twice', Buffer.concat([right, right]), 'refused'],
    ['backwards', Buffer.from(right).reverse(), 'refused'],
    ['over SHA-1', sign('sha1', Buffer.from(input), rsa.privateKey), 'refused'],
    ['over SHA-512', sign('sha512', Buffer.from(input), rsa.privateKey), 'refused'],
  ])('%s', (_name, signature, kind) => {
    expect(verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });
});

describe('ECDSA signatures', () => {
  const input = `${b64(JSON.stringify(header({ alg: 'ES256' })))}.${b64(JSON.stringify(goodClaims()))}`;
  const right = rawSignature('ES256', ec.privateKey, input);
  const der = sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'der' });
  const order = Buffer.from(
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'hex',
  );
  const unit = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
  const number = (half: Buffer) => BigInt(`0x${half.toString('hex')}`);
  const negated = (half: Buffer) =>
    Buffer.from((number(order) - number(half)).toString(16).padStart(64, '0'), 'hex');

  it.each<readonly [string, Buffer, string]>([
    ['control', right, 'accepted'],
    // malleable by design (FIPS 186-5): another text of the same token, with the same jti
    [
      'n - s for s',
      Buffer.concat([right.subarray(0, 32), negated(right.subarray(32))]),
      'accepted',
    ],
    ['r = 0, s = 0', Buffer.alloc(64), 'refused'],
    ['r = 1, s = 1', Buffer.concat([unit, unit]), 'refused'],
    ['r = 0, s kept', Buffer.concat([Buffer.alloc(32), right.subarray(32)]), 'refused'],
    ['r = n', Buffer.concat([order, right.subarray(32)]), 'refused'],
    ['all ones', Buffer.alloc(64, 0xff), 'refused'],
    ['r = n, s = n', Buffer.concat([order, order]), 'refused'],
    ['r kept, s = 0', Buffer.concat([right.subarray(0, 32), Buffer.alloc(32)]), 'refused'],
    ['DER', der, 'refused'],
    ['cut short', right.subarray(0, 63), 'refused'],
    ['a byte more', Buffer.concat([right, Buffer.alloc(1)]), 'refused'],
    [
      'each half padded',
      Buffer.concat([Buffer.alloc(1), right.subarray(0, 32), Buffer.alloc(1), right.subarray(32)]),
      'refused',
    ],
    ['halves swapped', Buffer.concat([right.subarray(32), right.subarray(0, 32)]), 'refused'],
  ])('%s', (_name, signature, kind) => {
    expect(ecBench.verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });

  // T-pmbp
  it('HS256 with the EC public key as secret', () => {
    const token = forge(
      header({ alg: 'HS256' }),
      goodClaims(),
      pem(createPublicKey(ec.privateKey)),
      'HS256',
    );
    expect(ecBench.verifier.verify(token)).toEqual(refused('algorithm_mismatch'));
  });
});
