// Keys and tokens of the run; made once, given to every peer that verifies.
import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';

export const ISSUER = 'https://bench.example';
export const AUDIENCE = 'bench';

export function makeKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ecPrivatePem: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
    secret: randomBytes(32).toString('base64url'),
  };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An access token as Tokenward issues it (`kid` bench); every peer that takes a JWT gets one of these claims. */
export function accessToken(keys, algorithm, changes = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    sid: randomUUID(),
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 3600,
    tokenVersion: 1,
    role: 'user',
    ...changes,
  };
  const signed = `${part({ alg: algorithm, kid: 'bench', typ: 'at+jwt' })}.${part(claims)}`;
  const signature =
    algorithm === 'RS256'
      ? sign('sha256', Buffer.from(signed), keys.privatePem)
      : createHmac('sha256', keys.secret).update(signed).digest();
  return `${signed}.${signature.toString('base64url')}`;
}
