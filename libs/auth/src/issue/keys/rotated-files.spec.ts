import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyDirectory, keyFile } from './file-keys.js';
import { HandClock } from '../../verify/keys/hand-clock.fixture.js';
import { jwk, LEAD, phases, start, T0 } from './key-rotation.fixture.js';

describe('files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-keys-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(dir, `.${name}`), text);
    renameSync(join(dir, `.${name}`), join(dir, name));
  };

  // T-q9r8
  it('a JWKS file is read again; half a file or a missing file changes nothing', async () => {
    const path = join(dir, 'keys.json');
    const [a, b] = [await jwk('a', { nbf: 1 }), await jwk('b', { nbf: T0 + LEAD, iat: T0 })];
    put('keys.json', JSON.stringify({ keys: [a] }));
    const rotation = await start(keyFile(path), new HandClock(T0));
    const whole = JSON.stringify({ keys: [a, b] });
    for (const cut of [0, 1, 40, whole.length >> 1, whole.length - 1]) {
      writeFileSync(path, whole.slice(0, cut));
      await rotation.refresh();
      expect(phases(rotation)).toEqual({ a: 'active' });
    }
    rmSync(path);
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active' });
    put('keys.json', whole);
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
  });

  // T-f4w5
  it('JWK and PEM files of a directory are loaded; drafts and other files are ignored', async () => {
    const keys = mkdtempSync(join(dir, 'd-'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(keys, 'old.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(
      join(keys, 'next.json'),
      JSON.stringify(await jwk('n', { nbf: T0 + LEAD, iat: T0 })),
    );
    writeFileSync(join(keys, '.draft.json'), '{');
    writeFileSync(join(keys, 'README.txt'), 'no key');
    const rotation = await start(keyDirectory(keys), new HandClock(T0));
    expect(Object.values(phases(rotation))).toEqual(['active', 'next']);
    writeFileSync(join(keys, 'broken.json'), '{');
    await rotation.refresh();
    expect(Object.values(phases(rotation))).toEqual(['active', 'next']);
    await expect(start(keyDirectory(join(keys, 'nowhere')), new HandClock(T0))).rejects.toThrow(
      /does not exist/,
    );
  });
});
