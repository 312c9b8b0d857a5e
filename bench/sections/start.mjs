// The built demo on data that exists: from the call to the first answer, as `npm start` does it; beside it what was
// compiled and is not bundled.
import { spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/redis-server.mjs';

const entryOf = (name) =>
  fileURLToPath(new URL(`../../dist/apps/demo/src/${name}.js`, import.meta.url));
const BUNDLE = entryOf('main');
const UNBUNDLED = entryOf('unbundled');
/** Asked over its channel, the process says what it took. */
const CPU = `data:text/javascript,${encodeURIComponent(
  `process.on('message', () => { const { user, system } = process.cpuUsage(); process.send((user + system) / 1e6); });
   process.channel.unref();`,
)}`;

export async function start({ quick, say }) {
  say('start of the demo');
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenward-bench-start-'));
  try {
    const { wall: first } = await once(BUNDLE, dataDir);
    const [bundle, unbundled] = [[], []];
    for (let i = 0; i < (quick ? 3 : 9); i++) {
      bundle.push(await once(BUNDLE, dataDir));
      unbundled.push(await once(UNBUNDLED, dataDir));
    }
    const what = 'start of the built demo on existing data, embedded Postgres, first answer';
    const seconds = { unit: ' s', better: 'lower' };
    return {
      rows: [
        { what, values: bundle.map(({ wall }) => wall), bar: 1.5, stretch: 0.8, ...seconds },
        { what: 'CPU of that', values: bundle.map(({ cpu }) => cpu), ...seconds },
        { what: 'CPU of that, not bundled', values: unbundled.map(({ cpu }) => cpu), ...seconds },
      ],
      raw: { first, bundle, unbundled },
    };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Seconds from the call to the first answer, and the CPU time of the process alone. */
async function once(entry, dataDir) {
  const port = await freePort();
  const env = { PATH: process.env.PATH, PORT: String(port), DATA_DIR: dataDir };
  const from = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', CPU, entry], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (;;) {
      if (child.exitCode !== null || performance.now() - from > 60_000)
        throw new Error('the demo did not start');
      const answer = await fetch(`http://127.0.0.1:${port}/public`).catch(() => undefined);
      if (answer?.ok) {
        const wall = (performance.now() - from) / 1000;
        const told = event(child, 'message');
        child.send('cpu');
        return { wall, cpu: (await told)[0] };
      }
      await delay(5);
    }
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}
