import { describe, expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Flags and mode of every file that was opened for writing, as it was in the first instant. */
const opened: string[] = [];
/** What somebody else does in the directory once a file has its content. */
let meanwhile: () => void = () => undefined;
/** Who owns each directory, and to whom files were given. */
let owner: { uid: number; gid: number } | undefined;
const given: (readonly [uid: number, gid: number])[] = [];
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (path: string, flags: string, mode: number) => {
    const file = fs.openSync(path, flags, mode);
    opened.push(`${flags} ${(fs.fstatSync(file).mode & 0o777).toString(8)}`);
    return file;
  },
  statSync: (path: string, options?: object) => {
    const stats = fs.statSync(path, options);
    return stats && owner ? Object.assign(stats, owner) : stats;
  },
  fchownSync: (_file: number, uid: number, gid: number) => void given.push([uid, gid]),
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

  // T-rt0w
  it.each([
    [0, { uid: 1000, gid: 50 }, Array.from({ length: 3 }, () => [1000, 50])],
    [0, { uid: 0, gid: 0 }, []],
    [1001, { uid: 1000, gid: 50 }, []],
  ])(
    'written by the user %i in a directory of %o: the service, who owns it, can read them',
    (user, of, expected) => {
      const asked = jest.spyOn(process, 'getuid').mockReturnValue(user);
      const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
      owner = of;
      given.splice(0);
      new KeyFiles(dir).add({ kty: 'EC', kid: 'k' });
      createBoth({ path: join(dir, 'b'), content: 'b' }, { path: join(dir, 'c'), content: 'c' });
      owner = undefined;
      asked.mockRestore();
      expect(given).toEqual(expected);
    },
  );

  it('leave no draft behind when they cannot be moved into place', () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'tokenward-files-'));
    fs.mkdirSync(join(dir, 'taken'));
    expect(() => writeWhole(join(dir, 'taken'), 'x')).toThrow();
    expect(fs.readdirSync(dir)).toEqual(['taken']);
  });
});
