import { describe, expect, it } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { keyDirectory } from '../issue/keys/file-keys.js';
import { files, scratch, tokenward } from './run.fixture.js';

interface Listed {
  readonly keys: readonly {
    readonly kid: string;
    readonly phase: string;
    readonly algorithm: string;
  }[];
}
const listIn = async (dir: string): Promise<Listed['keys']> =>
  (JSON.parse((await tokenward(`keys list --dir ${dir} --json`)).out) as Listed).keys;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
/** Members that sign, and PEM. */
const PRIVATE = /"(?:d|p|q|dp|dq|qi|k)":|PRIVATE KEY/;

describe('keys generate', () => {
  it.each(['RS256', 'PS384', 'ES256', 'ES512', 'HS512'])(
    '--dir makes a directory with one %s key that only its owner can read',
    async (algorithm) => {
      const dir = join(scratch(), 'new', 'keys');
      const { code, out, error } = await tokenward(
        `keys generate --dir ${dir} --algorithm ${algorithm} --json`,
      );
      expect([code, error]).toEqual([0, '']);
      expect(out).not.toMatch(PRIVATE);
      const [file = ''] = files(dir);
      expect(files(dir)).toHaveLength(1);
      expect([modeOf(dir), modeOf(file)]).toEqual(['700', '600']);
      const { kid } = JSON.parse(out) as { kid: string };
      expect((await keyDirectory(dir).load()).keys).toMatchObject([
        { kid, alg: algorithm, use: 'sig' },
      ]);
      expect(await listIn(dir)).toMatchObject([{ kid, algorithm, phase: 'active' }]);
    },
    60_000,
  );

  // T-4gps
  it('gives RSA keys 3,072 bits, or what --bits says', async () => {
    const bitsOf = async (line: string) =>
      createPrivateKey((await tokenward(line)).out).asymmetricKeyDetails?.modulusLength;
    expect(await bitsOf('keys generate --stdout')).toBe(3072);
    expect(await bitsOf('keys generate --stdout --bits 2048')).toBe(2048);
  }, 60_000);

  // T-rv6b
  it('writes key files and drafts with mode 0600 under any umask', async () => {
    const before = process.umask(0);
    try {
      const dir = scratch();
      await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
      await tokenward(`keys generate --out ${join(dir, 'a.pem')} --algorithm ES256`);
      expect(files(dir).map(modeOf)).toEqual(['600', '600', '600']);
    } finally {
      process.umask(before);
    }
  });

  it('--out writes both halves as PEM and prints neither', async () => {
    const dir = scratch();
    const { code, out } = await tokenward(
      `keys generate --algorithm ES256 --out ${join(dir, 'jwt.pem')}`,
    );
    expect([code, PRIVATE.test(out)]).toEqual([0, false]);
    expect(readFileSync(join(dir, 'jwt.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(readFileSync(join(dir, 'jwt.pub.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  it.each(['jwt.pem', 'jwt.pub.pem'])(
    '--out never overwrites %s, nor writes through a link',
    async (name) => {
      for (const make of [
        (path: string) => writeFileSync(path, 'mine'),
        (path: string) => symlinkSync('elsewhere', path),
      ]) {
        const dir = scratch();
        make(join(dir, name));
        const { code, error } = await tokenward(
          `keys generate --algorithm ES256 --out ${join(dir, 'jwt.pem')}`,
        );
        expect(code).toBe(1);
        expect(error).toMatch(/is there already/);
        expect(readdirSync(dir)).toEqual([name]);
      }
    },
  );

  it('refuses a directory that holds keys or that others can write to, and a path that is a file', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    expect(await tokenward(`keys generate --dir ${dir}`)).toMatchObject({ code: 1 });
    expect(readdirSync(dir)).toHaveLength(1);
    const open = scratch();
    chmodSync(open, 0o777);
    expect((await tokenward(`keys generate --dir ${open}`)).error).toMatch(/chmod 700/);
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect(await tokenward(`keys generate --dir ${file}`)).toMatchObject({ code: 1 });
  });
});

describe('keys rotate', () => {
  it('adds a key that signs after the lead time, and refuses a second one until then', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    const { code, out } = await tokenward(`keys rotate --dir ${dir} --lead-time 10m`);
    expect(code).toBe(0);
    expect(out).not.toMatch(PRIVATE);
    expect((await listIn(dir)).map(({ phase }) => phase).sort()).toEqual(['active', 'next']);
    const again = await tokenward(`keys rotate --dir ${dir}`);
    expect([again.code, again.error]).toEqual([
      1,
      expect.stringMatching(/next key is there already/),
    ]);
    expect(files(dir).map(modeOf)).toEqual(['600', '600']);
  });

  it('removes the private half of a retired key, and the file of an expired one', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    const [first = ''] = files(dir);
    backdate(first, 100);
    await tokenward(`keys rotate --dir ${dir} --lead-time 0`);
    const second = files(dir).find((file) => file !== first) ?? '';
    backdate(second, 50);
    await tokenward(`keys rotate --dir ${dir} --lead-time 0`);
    // tokens of the first key have expired by now, the second key still verifies
    expect(files(dir).includes(first)).toBe(true);
    expect(readFileSync(first, 'utf8')).not.toMatch(PRIVATE);
    backdate(first, 30_000);
    backdate(second, 20_000);
    for (const file of files(dir)) if (![first, second].includes(file)) backdate(file, 10_000);
    await tokenward(`keys rotate --dir ${dir} --lead-time 0`);
    expect(files(dir)).toHaveLength(2);
    expect(files(dir).includes(first)).toBe(false);
  });

  it('runs one at a time: a held lock stops it, an abandoned lock does not', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    const lock = join(dir, '.tokenward-lock');
    writeFileSync(lock, '');
    expect((await tokenward(`keys rotate --dir ${dir}`)).error).toMatch(
      /another tokenward command/,
    );
    utimesSync(lock, new Date(0), new Date(0));
    expect(await tokenward(`keys rotate --dir ${dir}`)).toMatchObject({ code: 0 });
    expect(readdirSync(dir).includes('.tokenward-lock')).toBe(false);
  });

  it('refuses a directory whose files belong to another user', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'jwks.json'), '{"keys":[]}');
    expect((await tokenward(`keys rotate --dir ${dir}`)).error).toMatch(
      /only directories that it made/,
    );
  });
});

describe('keys revoke', () => {
  it('keeps only the kid of the key, and makes a new key when none is left', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    const [{ kid } = { kid: '' }] = await listIn(dir);
    const { code, out } = await tokenward(`keys revoke ${kid} --dir ${dir}`);
    expect([code, out]).toEqual([0, expect.stringMatching(/DATABASE_URL is not set/)]);
    const phases = new Map((await listIn(dir)).map((each) => [each.kid, each.phase]));
    expect(phases.get(kid)).toBe('revoked');
    expect([...phases.values()].sort()).toEqual(['active', 'revoked']);
    const left = files(dir).find((file) => readFileSync(file, 'utf8').includes(kid)) ?? '';
    expect(readFileSync(left, 'utf8')).not.toMatch(/"(?:d|x|y|n)":/);
  });

  it('revokes an RSA key in PEM: --algorithm sets its algorithm and that of its successor', async () => {
    const dir = scratch();
    const pem = join(dir, 'jwt.pem');
    await tokenward(`keys generate --out ${pem} --bits 2048`);
    rmSync(join(dir, 'jwt.pub.pem'));
    const listing = async (more: string) =>
      (JSON.parse((await tokenward(`keys list --dir ${dir} ${more} --json`)).out) as Listed).keys;
    const [{ kid, ...rest } = { kid: '' }] = await listing('');
    expect(rest).toMatchObject({ algorithm: 'RS256', phase: 'active' });
    expect(await listing('--algorithm PS256')).toContainEqual(
      expect.objectContaining({ kid, algorithm: 'PS256' }),
    );
    expect((await tokenward(`keys revoke ${kid} --dir ${dir} --algorithm PS256`)).code).toBe(0);
    const after = await listing('--algorithm PS256');
    expect(after.map(({ phase, algorithm }) => [phase, algorithm]).sort()).toEqual([
      ['active', 'PS256'],
      ['revoked', 'PS256'],
    ]);
    for (const wrong of ['--algorithm ES256', '--algorithm none'])
      expect((await tokenward(`keys list --dir ${dir} ${wrong}`)).code).toBe(2);
    expect(
      (await tokenward('keys list --algorithm PS256', { DATABASE_URL: 'postgres://x' })).code,
    ).toBe(2);
  }, 60_000);

  it('changes nothing for an unknown kid', async () => {
    const dir = scratch();
    await tokenward(`keys generate --dir ${dir} --algorithm ES256`);
    const before = files(dir).map((file) => readFileSync(file, 'utf8'));
    expect((await tokenward(`keys revoke nobody --dir ${dir}`)).code).toBe(1);
    // a thumbprint may start with a dash, and it must not be read as an option
    const dashed = await tokenward(`keys revoke -${'Kd_-x'.repeat(8)}ab --dir ${dir} --json`);
    expect([dashed.code, dashed.error]).toEqual([1, expect.not.stringContaining('option')]);
    expect(files(dir).map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  });
});

/** Changes the file as if the key had been made the given number of seconds earlier. */
function backdate(file: string, seconds: number): void {
  const jwk = JSON.parse(readFileSync(file, 'utf8')) as { iat: number; nbf: number };
  writeFileSync(file, JSON.stringify({ ...jwk, iat: jwk.iat - seconds, nbf: jwk.nbf - seconds }));
}
