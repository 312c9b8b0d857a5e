// Spec support: a verifier with a manual clock, and a signer that signs any text.
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { Clock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import { Keyring } from '../keys/keyring.service.js';
import type { SigningAlgorithm, StaticKeysOptions } from '../../options/key-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AccessTokenIssuer } from '../../issue/tokens/access-token-issuer.service.js';
import { accessTokenVerifier } from '../legacy/verifier-beside-legacy.js';
import { AUDIENCE, ISSUER, NOW } from './claims.fixture.js';

export { AUDIENCE, goodClaims, ISSUER, NOW } from './claims.fixture.js';

class BenchClock extends Clock {
  constructor(public ms: number) {
    super();
  }
  now(): number {
    return this.ms;
  }
  monotonic(): number {
    return this.ms;
  }
}

const CURVES: Readonly<Record<string, string>> = { '256': 'P-256', '384': 'P-384', '512': 'P-521' };

export function makeKey(algorithm: SigningAlgorithm): {
  privateKey: KeyObject;
  publicKey: KeyObject;
} {
  return algorithm.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: CURVES[algorithm.slice(2)] ?? '' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
}

export function makeKeys(algorithm: SigningAlgorithm, kid = 'main'): StaticKeysOptions {
  if (algorithm.startsWith('HS')) return { algorithm, secret: randomBytes(64), keyId: kid };
  return { algorithm, privateKey: makeKey(algorithm).privateKey, keyId: kid };
}

export type AccessTokenSettings = Partial<ResolvedAuthOptions['accessToken']>;

export function makeBench(
  keys: StaticKeysOptions,
  settings: AccessTokenSettings = {},
  audiences = [AUDIENCE],
) {
  const accessToken = {
    ttlSeconds: 900,
    clockToleranceSeconds: 30,
    allowedClaims: new Set<string>(),
    cacheSize: 100,
    legacy: [],
    ...settings,
  };
  const more = { sessions: {}, storeDeadlineMs: 1000 };
  const options = {
    issuer: ISSUER,
    audiences,
    keys,
    accessToken,
    ...more,
  } as unknown as ResolvedAuthOptions;
  const clock = new BenchClock(NOW * 1000);
  const keyring = Keyring.fromOptions(keys);
  const verifier = accessTokenVerifier(options, keyring, clock);
  const issuer = new AccessTokenIssuer(options, keyring, new SystemEntropy());
  return { options, clock, keyring, verifier, issuer };
}

export const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url');

export function rawSignature(
  algorithm: string,
  key: KeyObject | Buffer | string,
  input: string,
): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(input).digest();
  const data = Buffer.from(input);
  const privateKey = key as KeyObject;
  if (algorithm.startsWith('ES'))
    return sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  if (algorithm.startsWith('RS')) return sign(hash, data, privateKey);
  return sign(hash, data, {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: Number(algorithm.slice(2)) / 8,
  });
}

/** Signs texts or objects as they are; `undefined` members are left out. */
export function forge(
  header: string | Record<string, unknown>,
  payload: string | Record<string, unknown>,
  key: KeyObject | Buffer | string,
  algorithm: string,
): string {
  const text = (value: string | Record<string, unknown>) =>
    typeof value === 'string' ? value : JSON.stringify(value);
  const input = `${b64(text(header))}.${b64(text(payload))}`;
  return `${input}.${b64(rawSignature(algorithm, key, input))}`;
}

export const refused = (reason: string) => ({ kind: 'refused', reason });
