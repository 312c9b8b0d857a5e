import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { userService } from './user-service.mjs';
import { walk } from './walk.mjs';

const url = `http://127.0.0.1:${process.env.PORT ?? 3000}`;
const answers = () => fetch(url).then(Boolean, () => false);

/** Needs DATABASE_URL of an empty database, and the keys that `npm run keys` makes. */
test('a signed-in request, an outage and a revocation', { timeout: 120_000 }, async () => {
  const users = await userService();
  process.env.SERVICE_SECRET ??= randomUUID();
  const env = { ...process.env, USERS_URL: users.url };
  const app = spawn(process.execPath, ['dist/main.js'], { stdio: 'inherit', env });
  try {
    while (!(await answers())) {
      if (app.exitCode !== null) throw new Error('the application did not start');
      await sleep(100);
    }
    await walk(url, users.state);
  } finally {
    app.kill('SIGTERM');
    if (app.exitCode === null) await once(app, 'exit');
    users.close();
  }
});
