// The built demo on data that exists: from the call to the first answer.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/redis-server.mjs';

const ENTRY = fileURLToPath(new URL('../../dist/apps/demo/src/main.js', import.meta.url));

export async function start({ quick, say }) {
  say('start of the demo');
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenward-bench-start-'));
  try {
    const first = await once(dataDir);
    const values = [];
    for (let i = 0; i < (quick ? 3 : 9); i++) values.push((await once(dataDir)) / 1000);
    const what = 'start of the built demo on existing data, embedded Postgres, first answer';
    return {
      rows: [{ what, values, bar: 1.5, stretch: 0.8, better: 'lower', unit: ' s' }],
      raw: { firstMs: first, values },
    };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function once(dataDir) {
  const port = await freePort();
  const env = { PATH: process.env.PATH, PORT: String(port), DATA_DIR: dataDir };
  const from = performance.now();
  const child = spawn(process.execPath, [ENTRY], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (;;) {
      if (child.exitCode !== null || performance.now() - from > 60_000)
        throw new Error('the demo did not start');
      const answer = await fetch(`http://127.0.0.1:${port}/public`).catch(() => undefined);
      if (answer?.ok) return performance.now() - from;
      await delay(5);
    }
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}
