import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { keyDirectory, keyFile } from './file-keys.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }) as string;
const before = process.env['NODE_ENV'];
let dir: string;
const put = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(dir, name), text);
  chmodSync(join(dir, name), mode);
};
const load = async (algorithm?: SigningAlgorithm) => (await keyDirectory(dir).load(algorithm)).keys;
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof AuthError
    ? `${error.reason}: ${error.detail}`
    : `not refused: ${String(error)}`;
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenward-file-keys-'));
});
afterEach(() => {
  process.env['NODE_ENV'] = before;
  rmSync(dir, { recursive: true, force: true });
});

describe('a key directory', () => {
  it.each<[SigningAlgorithm | undefined, SigningAlgorithm]>([
    [undefined, 'RS256'],
    ['PS256', 'PS256'],
    ['PS512', 'PS512'],
    ['RS384', 'RS384'],
    ['ES256', 'RS256'],
  ])('an RSA key in PEM where keys.algorithm is %s signs %s', async (configured, signs) => {
    put('a.pem', pem(rsa.privateKey));
    expect(await load(configured)).toMatchObject([{ alg: signs }]);
  });

  it('rsaAlgorithm is stronger than keys.algorithm', async () => {
    put('a.pem', pem(rsa.privateKey));
    const { keys } = await keyDirectory(dir, { rsaAlgorithm: 'PS384' }).load('RS256');
    expect(keys).toMatchObject([{ alg: 'PS384' }]);
  });

  // T-mghv
  it('every key of a file is loaded; a public half beside its private half is the same key', async () => {
    const [one, two, old] = [ec(), ec(), ec()];
    put(
      'all.pem',
      [one.privateKey, one.publicKey, two.privateKey, old.publicKey].map(pem).join(''),
    );
    const keys = await load();
    expect(keys.map(({ d }) => typeof d)).toEqual(['string', 'string', 'undefined']);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3);
  });

  it('loads the key of a Kubernetes TLS secret, and a PEM in base64', async () => {
    put('tls.key', pem(ec().privateKey));
    put('wrapped.pem', Buffer.from(pem(ec().privateKey)).toString('base64'));
    expect(await load()).toHaveLength(2);
  });

  it.each([
    [
      'nothing there',
      () => keyDirectory(join(dir, 'no')).load(),
      /^configuration_invalid: key directory no: does not exist.*keys generate --dir/,
    ],
    [
      'a file',
      () => (put('f', ''), keyDirectory(join(dir, 'f')).load()),
      /^configuration_invalid: key directory f: is not a directory/,
    ],
    [
      'no file',
      () => keyFile(join(dir, 'no.json')).load(),
      /^configuration_invalid: key file no.json: does not exist/,
    ],
    [
      'a directory for a file',
      () => keyFile(dir).load(),
      /^configuration_invalid: .*is a directory.*keyDirectory/,
    ],
  ])('%s: named with the cure', async (_name, read, line) => {
    expect(await refusal(read())).toMatch(line);
  });

  it('in production a private key that everybody can read is refused, with a cure that works for its location', async () => {
    process.env['NODE_ENV'] = 'production';
    put('a.pem', pem(rsa.privateKey), 0o644);
    expect(await refusal(load())).toMatch(/chmod 600/);
    put('a.pem', pem(rsa.privateKey), 0o444);
    const mounted = await refusal(load());
    expect([mounted.includes('chmod'), /defaultMode.*0400/.test(mounted)]).toEqual([false, true]);
    put('a.pem', pem(rsa.privateKey), 0o440);
    expect(await load()).toHaveLength(1);
  });

  it('a public key may be read by everybody', async () => {
    process.env['NODE_ENV'] = 'production';
    put('old.pub.pem', pem(rsa.publicKey), 0o644);
    expect(await load()).toHaveLength(1);
  });
});
