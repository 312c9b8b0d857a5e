import { describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SealingRing } from '../issue/keys/sealed-key.js';
import { scratch, tokenward } from './run.fixture.js';

describe('secret', () => {
  it('makes 32 random bytes with an id, different each time', async () => {
    const [one, two] = [await tokenward('secret'), await tokenward('secret')];
    expect(one.out).toMatch(/^[a-z0-9]+:[A-Za-z0-9_-]{43}\n$/);
    expect(one.out).not.toBe(two.out);
    expect((await tokenward('secret --id r2')).out).toMatch(/^r2:/);
  });

  it('--encryption makes an encryption key, --hmac makes 64 bytes', async () => {
    const { out } = await tokenward('secret --encryption');
    expect(() => new SealingRing([out.trim()], 'x')).not.toThrow();
    expect((await tokenward('secret --hmac')).out).toMatch(/^[A-Za-z0-9_-]{86}\n$/);
  });
});

describe('wrong use', () => {
  it.each([
    ['', 2],
    ['frobnicate', 2],
    ['keys', 2],
    ['keys generate', 2],
    ['keys generate --dir a --stdout', 2],
    ['keys generate --stdout --algorithm none', 2],
    ['keys generate --stdout --algorithm HS256', 2],
    ['keys generate --stdout --bits 1024', 2],
    ['keys generate --stdout --algorithm ES256 --bits 3072', 2],
    ['keys generate --stdout more', 2],
    ['keys generate --stdout --yes', 2],
    ['keys generate --stdout=1', 2],
    ['keys rotate --frob', 2],
    ['keys rotate --dir . --lead-time soon', 2],
    ['keys rotate', 2],
    ['keys list', 2],
    ['keys revoke', 2],
    ['keys revoke some-kid', 2],
    ['secret --encryption --hmac', 2],
    ['secret --id a:b', 2],
    ['secret more', 2],
    ['migrate', 2],
    ['migrate --database-url mysql://root:hunter2@h/x', 2],
    ['sessions cleanup --keep 1h --database-url postgres://h/x', 2],
    ['after-restore --database-url postgres://h/x', 2],
    ['keys list --dir nowhere-at-all', 1],
  ])('%j ends with %i, in one line, on standard error alone', async (line, expected) => {
    const { code, out, error } = await tokenward(line);
    expect(code).toBe(expected);
    if (line !== '') expect(out).toBe('');
    expect(error).not.toMatch(/hunter2|node:internal/);
    if (line === '') return;
    const inJson = await tokenward(`${line} --json`);
    expect(Object.keys(JSON.parse(inJson.error) as object)).toEqual(['error']);
  });

  it.each([
    ['--jsno', '; did you mean --json?'],
    ['--databse-url=postgres://x', '; did you mean --database-url?'],
    ['--frobnicate', ''],
  ])('%s names the nearest option', async (option, meant) => {
    const { code, error } = await tokenward(`secret ${option}`);
    expect([code, error]).toEqual([
      2,
      expect.stringContaining(`is not an option of tokenward${meant}\n`),
    ]);
  });

  it('--help explains every command and exits with 0', async () => {
    const { code, out } = await tokenward('--help');
    expect(code).toBe(0);
    for (const name of [
      'keys generate',
      'keys rotate',
      'keys list',
      'keys revoke',
      'secret',
      'migrate',
      'sessions cleanup',
      'after-restore',
    ])
      expect(out).toContain(`tokenward ${name}`);
  });

  it('names a broken key file without quoting it', async () => {
    const dir = join(scratch(), 'keys');
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(join(dir, 'a.json'), '{"d":"hunter2"');
    const { code, error } = await tokenward(`keys list --dir ${dir}`);
    expect([code, error.includes('a.json'), error.includes('hunter2')]).toEqual([1, true, false]);
  });

  it('names the file or directory that the system refuses', async () => {
    const file = join(scratch(), 'a-file');
    writeFileSync(file, '');
    const dir = join(file, 'keys');
    const { code, error } = await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    expect([code, error]).toEqual([1, `tokenward: it failed (ENOTDIR ${dir})\n`]);
  });
});
