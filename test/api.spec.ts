import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

describe('what the packages export', () => {
  it('is what docs/api says, name by name, with its declarations', () => {
    const { status, stderr } = spawnSync(process.execPath, ['tools/api-report.mjs', '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 180_000);

  it('is reported for every entry point of both packages', () => {
    const entries = ['auth', 'client'].flatMap((library) => {
      const { name, exports } = json<Manifest>(`libs/${library}/package.json`);
      return Object.keys(exports)
        .filter((path) => !path.endsWith('.json'))
        .map((path) => name + path.slice(1));
    });
    const { compilerOptions } = json<{ readonly compilerOptions: { readonly paths: object } }>(
      'tsconfig.json',
    );
    expect(Object.keys(compilerOptions.paths).sort()).toEqual(entries.sort());
  });

  it('has at most 50 names at the root', () => {
    const [, names] =
      /^@tokenward\/nestjs: (\d+) names/.exec(readFileSync('docs/api/nestjs.txt', 'utf8')) ?? [];
    expect(Number(names)).toBeGreaterThan(20);
    expect(Number(names)).toBeLessThanOrEqual(50);
  });
});
