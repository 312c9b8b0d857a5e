import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { bundle } from '../../../../test/support/bundle.js';
import { scratchDir } from '../../../../test/support/run-environment.js';
import { createExclusively } from './exclusive-file.js';
import { signingKeyIn } from './signing-key-file.js';

describe('the signing key of the first start', () => {
  it.each([
    ['RS256', 'rsa', { modulusLength: 3072, publicExponent: 65537n }],
    ['PS512', 'rsa', { modulusLength: 3072 }],
    ['ES256', 'ec', { namedCurve: 'prime256v1' }],
    ['ES384', 'ec', { namedCurve: 'secp384r1' }],
    ['ES512', 'ec', { namedCurve: 'secp521r1' }],
  ] as const)(
    '%s: fits, is kept where nobody else reads it, and is used again',
    async (algorithm, type, details) => {
      const dir = scratchDir('keys');
      const made = (await signingKeyIn(dir, algorithm)) as { privateKey: string };
      const key = createPrivateKey(made.privateKey);
      expect(key.asymmetricKeyType).toBe(type);
      expect(key.asymmetricKeyDetails).toMatchObject(details);
      expect(await signingKeyIn(dir, algorithm)).toEqual(made);
      expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700);
      expect(readdirSync(join(dir, 'keys'))).toEqual([`${algorithm.toLowerCase()}.pem`]);
      expect(statSync(join(dir, 'keys', `${algorithm.toLowerCase()}.pem`)).mode & 0o777).toBe(
        0o600,
      );
    },
  );

  it.each(['HS256', 'HS384', 'HS512'] as const)('%s: a secret of 64 bytes', async (algorithm) => {
    const dir = scratchDir('keys');
    const made = (await signingKeyIn(dir, algorithm)) as { secret: Buffer };
    expect(made.secret).toHaveLength(64);
    expect(await signingKeyIn(dir, algorithm)).toEqual(made);
  });

  it('keeps the key of another algorithm for the way back', async () => {
    const dir = scratchDir('keys');
    const first = await signingKeyIn(dir, 'ES256');
    expect(await signingKeyIn(dir, 'ES384')).not.toEqual(first);
    expect(await signingKeyIn(dir, 'ES256')).toEqual(first);
  });

  // T-jrbx
  it('is one key when several processes start together', async () => {
    const dir = scratchDir('keys');
    const module = await bundle('apps/demo/src/keys/signing-key-file.ts');
    const script = `import { signingKeyIn } from ${JSON.stringify(pathToFileURL(module).href)};
      process.stdout.write((await signingKeyIn(${JSON.stringify(dir)}, 'ES256')).privateKey);`;
    const runs = Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
    );
    const keys = (await Promise.all(runs)).map(({ stdout }) => stdout);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toBe(readFileSync(join(dir, 'keys', 'es256.pem'), 'utf8'));
    expect(readdirSync(join(dir, 'keys'))).toEqual(['es256.pem']);
    rmSync(join(module, '..'), { recursive: true });
  });

  it('says which file is damaged, and nothing of what it holds', async () => {
    const dir = scratchDir('keys');
    await signingKeyIn(dir, 'ES256');
    writeFileSync(join(dir, 'keys', 'es256.pem'), 'hunter2');
    const failed = signingKeyIn(dir, 'ES256');
    await expect(failed).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringContaining('es256.pem'),
    });
    await expect(failed).rejects.not.toThrow(/hunter2/);
  });

  it('never overwrites, and removes what a kill left half done', () => {
    const dir = scratchDir('keys');
    const draft = join(dir, '.draft-key-1-00');
    writeFileSync(draft, 'half');
    utimesSync(draft, 0, 0);
    createExclusively(join(dir, 'key'), 'first');
    createExclusively(join(dir, 'key'), 'second');
    expect(readFileSync(join(dir, 'key'), 'utf8')).toBe('first');
    expect(readdirSync(dir)).toEqual(['key']);
  });
});
