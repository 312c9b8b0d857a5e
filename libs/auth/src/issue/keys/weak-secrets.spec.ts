import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { readEncryptionKeys } from '../../verify/keys/encryption-ring.js';
import { readLegacyKey } from '../../verify/legacy/legacy-key.js';
import { loadStaticKeys } from '../../verify/keys/static-keys.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { SealingRing } from './sealed-key.js';

it('a weak secret is refused wherever one can be given', () => {
  const weak = Buffer.from('changeme'.repeat(4));
  const text = weak.toString('base64url');
  const legacy = {
    name: 'old',
    issuer: undefined,
    audiences: undefined,
    acceptUntilMs: 0,
    maxLifetimeSeconds: 1,
    keyId: undefined,
    principal: undefined,
  };
  const HS256 = { algorithm: 'HS256' as const };
  const oct = { keys: [{ kty: 'oct', alg: 'HS256', kid: 'x', k: text }] };
  const uses = [
    () => loadStaticKeys({ ...HS256, secret: weak }),
    () => loadStaticKeys({ ...HS256, secret: text }),
    () => loadStaticKeys({ ...HS256, secret: randomBytes(32), verificationKeys: oct }),
    () => readLegacyKey('legacy', { ...legacy, ...HS256, key: weak.toString() }),
    () =>
      readEncryptionKeys(
        { plaintext: 'refused', keys: [{ keyId: 'e', algorithm: 'dir', key: weak }] },
        () => false,
      ),
    () => RefreshSecrets.parse([`p:${text}`]),
    () => new SealingRing([`e:${text}`], 'encryptionKeys'),
  ];
  for (const use of uses) expect(use).toThrow(/repeats itself/);
});
