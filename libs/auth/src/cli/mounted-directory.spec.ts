import { expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The error of opening a file for writing. It is simulated, because file modes do not stop root. */
let refusal: string | undefined;
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (path: string, flags: string, mode: number) => {
    if (refusal !== undefined && flags !== 'r')
      throw Object.assign(new Error('refused'), { code: refusal });
    return fs.openSync(path, flags, mode);
  },
}));
const { addFirstKey, revokeInDirectory } = await import('./directory-keys.js');
const { generateSigningJwk } = await import('../issue/keys/generate-key.js');

it.each([
  ['EROFS', true, /cannot be written: the key is revoked in Postgres, take it out of the secret/],
  ['EACCES', true, /cannot be written: the key is revoked in Postgres, take it out of the secret/],
  ['EPERM', false, /cannot be written: nothing was revoked; take it out of the secret/],
  ['EROFS', false, /cannot be written: nothing was revoked; take it out of the secret/],
  ['ENOSPC', true, /^refused$/],
] as const)(
  'keys revoke --dir where the mount answers %s (in the ledger: %s) says what was done and what is left to do',
  async (code, inLedger, says) => {
    refusal = undefined;
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-mounted-'));
    const { jwk } = await addFirstKey(dir, () => generateSigningJwk('ES256', { iat: 0, nbf: 0 }));
    const content = () =>
      fs.readdirSync(dir).map((name) => [name, fs.readFileSync(join(dir, name), 'utf8')]);
    const before = content();
    refusal = code;
    await expect(
      revokeInDirectory({ dir, rsaAlgorithm: undefined }, jwk.kid, inLedger),
    ).rejects.toThrow(says);
    expect(content()).toEqual(before);
  },
);
