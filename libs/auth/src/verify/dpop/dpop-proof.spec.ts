import { generateKeyPair as generateRsa } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as DPoP from 'dpop';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { b64, FORGERIES, forge, jwk, NOW, URI, withHeader } from './dpop-proof.fixture.js';
import { checkProof, type ProofTarget, tokenHash } from './dpop-proof.js';
import { targetUri } from './target-uri.js';

const target = (changes: Partial<ProofTarget> = {}): ProofTarget => ({
  method: 'POST',
  uri: URI,
  nowMs: NOW * 1000,
  windowMs: 90_000,
  ...changes,
});

const RFC_HEADER = {
  typ: 'dpop+jwt',
  alg: 'ES256',
  jwk: {
    kty: 'EC',
    x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
    y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    crv: 'P-256',
  },
};
interface RfcClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath?: string;
}
/** Every complete proof that RFC 9449 prints: section, claims, signature. */
const RFC_9449: readonly (readonly [string, RfcClaims, string])[] = [
  [
    '4.1',
    {
      jti: '-BwC3ESc6acc2lTc',
      htm: 'POST',
      htu: 'https://server.example.com/token',
      iat: 1562262616,
    },
    '2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
  ],
  [
    '5 (a refresh)',
    {
      jti: '-BwC3ESc6acc2lTc',
      htm: 'POST',
      htu: 'https://server.example.com/token',
      iat: 1562265296,
    },
    'pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA',
  ],
  [
    '7.1',
    {
      jti: 'e1j3V_bKic8-LAEB',
      htm: 'GET',
      htu: 'https://resource.example.org/protectedresource',
      iat: 1562262618,
      ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    },
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ],
];

describe('a DPoP proof', () => {
  // T-dpf2
  it('is accepted for its method and URI, and names its key by the RFC 7638 thumbprint', async () => {
    const claims = { ath: tokenHash('token'), nonce: 'n', extra: 'ignored' };
    expect(checkProof(await forge({ claims }), target())).toMatchObject({
      kind: 'accepted',
      key: await calculateJwkThumbprint(jwk),
      issuedAtMs: NOW * 1000,
      ath: 'PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A',
      nonce: 'n',
    });
  });

  it.each(['ES256', 'RS256', 'PS256'] as const)(
    'of the dpop package is accepted: %s',
    async (algorithm) => {
      const keys = await DPoP.generateKeyPair(algorithm, { extractable: true });
      const proof = await DPoP.generateProof(keys, `${URI}?q=1#f`, 'POST', 'nonce', 'token');
      expect(checkProof(proof, target({ method: 'POST', nowMs: Date.now() }))).toMatchObject({
        kind: 'accepted',
        nonce: 'nonce',
        ath: tokenHash('token'),
        key: await DPoP.calculateThumbprint(keys.publicKey),
      });
    },
  );

  it('is accepted by ES384', async () => {
    const keys = await generateKeyPair('ES384', { extractable: true });
    const header = { alg: 'ES384', jwk: await exportJWK(keys.publicKey) };
    expect(checkProof(await forge({ keys, header }), target()).kind).toBe('accepted');
  });

  // T-dpf3
  it.each(RFC_9449)('of RFC 9449, section %s, is accepted for its key', (_, claims, signature) => {
    const proof = [b64(RFC_HEADER), b64(claims), signature].join('.');
    const { htm, htu, iat, ath } = claims;
    const of = { method: htm, uri: htu, nowMs: iat * 1000 };
    // section 6.1
    const key = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
    expect(checkProof(proof, target(of))).toMatchObject({ kind: 'accepted', key, ath });
    expect(checkProof(proof, target({ ...of, nowMs: (iat + 91) * 1000 }))).toMatchObject({
      reason: 'proof_time',
    });
  });

  it('of RFC 9449, section 7.1, is for the access token of that section', () => {
    expect(tokenHash('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    );
  });

  // T-dpf4
  it.each(FORGERIES)('with %s is refused', async (_, reason, forgery) => {
    expect(checkProof(await forge(forgery()), target())).toEqual({ kind: 'refused', reason });
  });

  // T-dpf5
  it('by an RSA key of 1024 bits is refused', async () => {
    const { publicKey } = await promisify(generateRsa)('rsa', { modulusLength: 1024 });
    const header = { typ: 'dpop+jwt', alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) };
    const proof = await forge({ text: withHeader(header) });
    expect(checkProof(proof, target())).toEqual({ kind: 'refused', reason: 'proof_key' });
  });
});

describe('the target URI', () => {
  // T-dpf6
  it.each([
    ['HTTPS://API.Example.com:443/notes', URI],
    ['https://api.example.com/notes?q=1', URI],
    ['https://api.example.com/notes#f', URI],
    ['https://api.example.com/a/../notes', URI],
    ['https://api.example.com/./n%6Ftes', URI],
    ['https://api.example.com/%7euser%2f', 'https://api.example.com/~user%2F'],
    ['http://api.example.com:80', 'http://api.example.com/'],
    ['ws://localhost:3000/events', 'http://localhost:3000/events'],
    ['wss://api.example.com/notes', URI],
    ['https://api.example.com//notes', 'https://api.example.com//notes'],
    ['https://api.example.com/notes/', 'https://api.example.com/notes/'],
    ['http://[::1]:3000/x', 'http://[::1]:3000/x'],
  ])('%s is %s', (given, normalised) => {
    expect(targetUri(given)).toBe(normalised);
  });

  // T-dpf7
  it.each([
    ['a path', '/notes'],
    ['another scheme', 'ftp://api.example.com/notes'],
    ['a user', 'https://u:p@api.example.com/notes'],
    ['a backslash', 'https://api.example.com\\notes'],
    ['a blank', 'https://api.example.com/no tes'],
    ['a line break', 'https://api.example.com/no\ntes'],
    ['a broken escape', 'https://api.example.com/%zz'],
    ['a character beyond ASCII', 'https://api.example.com/nötes'],
    ['nothing', ''],
  ])('%s is not one', (_, given) => {
    expect(targetUri(given)).toBeUndefined();
  });
});
