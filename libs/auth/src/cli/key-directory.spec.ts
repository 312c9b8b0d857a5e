import { describe, expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Flags and mode of every file that was opened for writing, as it was in the first instant. */
const opened: string[] = [];
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (path: string, flags: string, mode: number) => {
    const file = fs.openSync(path, flags, mode);
    opened.push(`${flags} ${(fs.fstatSync(file).mode & 0o777).toString(8)}`);
    return file;
  },
}));
const { createBoth, KeyFiles, writeWhole } = await import('./key-directory.js');

describe('key files', () => {
  it('only their owner can read them, from the moment they are created', async () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
    const before = process.umask(0);
    try {
      writeWhole(join(dir, 'a.json'), 'a');
      createBoth({ path: join(dir, 'b'), content: 'b' }, { path: join(dir, 'c'), content: 'c' });
      await new KeyFiles(dir).open('refuse').exclusively(() => Promise.resolve());
    } finally {
      process.umask(before);
    }
    expect(opened).toEqual(Array.from({ length: 4 }, () => 'wx 600'));
    expect(fs.readdirSync(dir).sort()).toEqual(['a.json', 'b', 'c']);
  });

  it('leave no draft behind when they cannot be moved into place', () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
    fs.mkdirSync(join(dir, 'taken'));
    expect(() => writeWhole(join(dir, 'taken'), 'x')).toThrow();
    expect(fs.readdirSync(dir)).toEqual(['taken']);
  });
});
