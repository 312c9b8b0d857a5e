import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Demo, startDemo } from './support/demo.js';
import { ADAPTERS, STAGE_TIMEOUT_MS } from './support/stage.js';

let demo: Demo | undefined;
afterEach(async () => {
  await demo?.stop();
});

describe.each(ADAPTERS)('SIGTERM on %s', (adapter) => {
  it('a request that its client never finishes keeps neither the process nor its database', async () => {
    demo = await startDemo({ adapter });
    const postmaster = join(demo.dataDir, 'postgres', 'data', 'postmaster.pid');
    expect(existsSync(postmaster)).toBe(true);
    const half = request(`${demo.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 50 },
    });
    half.on('error', () => undefined);
    await new Promise((sent) => half.write('{"email":', sent));

    const startedAt = performance.now();
    expect(await demo.kill('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(existsSync(postmaster)).toBe(false);
  }, STAGE_TIMEOUT_MS);
}); // prettier-ignore
