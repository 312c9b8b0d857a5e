import { describe, expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Flags and mode of every file that was opened for writing, as it was in the first instant. */
const opened: string[] = [];
/** What somebody else does in the directory once a file has its content. */
let meanwhile: () => void = () => undefined;
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (path: string, flags: string, mode: number) => {
    const file = fs.openSync(path, flags, mode);
    opened.push(`${flags} ${(fs.fstatSync(file).mode & 0o777).toString(8)}`);
    return file;
  },
  fsyncSync: (file: number) => {
    fs.fsyncSync(file);
    meanwhile();
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

  // T-q2wr
  it('change the mode of no other file, whoever owns the directory', () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
    const victim = join(dir, 'victim');
    fs.writeFileSync(victim, 'x', { mode: 0o644 });
    meanwhile = () => {
      const draft = fs.readdirSync(dir).find((name) => name.startsWith('.draft-')) ?? '';
      fs.rmSync(join(dir, draft));
      fs.symlinkSync(victim, join(dir, draft));
    };
    writeWhole(join(dir, 'a.json'), 'a');
    meanwhile = () => undefined;
    expect((fs.statSync(victim).mode & 0o777).toString(8)).toBe('644');
  });

  it('leave no draft behind when they cannot be moved into place', () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
    fs.mkdirSync(join(dir, 'taken'));
    expect(() => writeWhole(join(dir, 'taken'), 'x')).toThrow();
    expect(fs.readdirSync(dir)).toEqual(['taken']);
  });
});
