import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const LIMIT_BYTES = 4096;

// T-z87j
it('the browser entry of the client is under 4 KiB, minified and gzipped', () => {
  const { stdout, status } = spawnSync(process.execPath, ['tools/build-client.mjs', '--size'], {
    encoding: 'utf8',
  });
  process.stderr.write(stdout);
  const [, bytes, limit] = /: (\d+) bytes min\+gzip \(limit (\d+)\)/.exec(stdout) ?? [];
  expect(Number(limit)).toBe(LIMIT_BYTES);
  expect(Number(bytes)).toBeGreaterThan(1_000);
  expect(Number(bytes)).toBeLessThan(LIMIT_BYTES);
  expect(status).toBe(0);
});

it('the client has no dependencies', () => {
  const manifest = JSON.parse(readFileSync('libs/client/package.json', 'utf8')) as Record<
    string,
    object
  >;
  expect(manifest['dependencies'] ?? {}).toEqual({});
  const optional = Object.entries(manifest['peerDependenciesMeta'] ?? {});
  expect(Object.fromEntries(optional)).toEqual({
    axios: { optional: true },
    react: { optional: true },
  });
  expect(Object.keys(manifest['peerDependencies'] ?? {})).toEqual(['axios', 'react']);
});
