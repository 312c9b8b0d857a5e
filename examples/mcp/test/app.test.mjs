import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { walk } from './walk.mjs';

const url = `http://localhost:${process.env.PORT ?? 3000}`;
const answers = () => fetch(url).then(Boolean, () => false);

/** Needs DATABASE_URL of an empty database, and the keys that `npm run keys` makes. */
test(
  'the MCP client finds the issuer, signs in, calls, and is refused',
  { timeout: 120_000 },
  async () => {
    const app = spawn(process.execPath, ['dist/main.js'], { stdio: 'inherit' });
    try {
      while (!(await answers())) {
        if (app.exitCode !== null) throw new Error('the application did not start');
        await sleep(100);
      }
      await walk(url);
    } finally {
      app.kill('SIGTERM');
      if (app.exitCode === null) await once(app, 'exit');
    }
  },
);
