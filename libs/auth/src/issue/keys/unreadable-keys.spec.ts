import { expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs/promises';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Simulated, because file modes do not stop root. */
const refused = () =>
  Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
jest.unstable_mockModule('node:fs/promises', () => ({ ...fs, readFile: refused }));
const { keyDirectory, keyFile } = await import('./file-keys.js');

// T-e4cc
it('a key file of another user is a mistake to correct, and not an outage to wait for', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-unreadable-'));
  writeFileSync(join(dir, 'a.json'), '{}');
  for (const source of [keyDirectory(dir), keyFile(join(dir, 'a.json'))])
    await expect(source.load()).rejects.toMatchObject({
      reason: 'configuration_invalid',
      detail: expect.stringMatching(/a\.json.*cannot be read by the user of this process.*chown/),
    });
});
