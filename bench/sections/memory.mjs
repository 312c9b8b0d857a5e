// One million live revocations: what the view takes, by the bench of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownDatabase } from '../support/sessions.mjs';

export async function memory({ servers, say }) {
  say('one million live revocations');
  const script = fileURLToPath(new URL('../revocation-million.mjs', import.meta.url));
  const database = await ownDatabase(servers, 'bench_million');
  const env = { ...process.env, DATABASE_URL: database.url, REDIS_URL: servers.redisUrl };
  const child = spawn(process.execPath, ['--expose-gc', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  await database.drop();
  const line = out.split('\n').find((each) => each.startsWith('{"title"'));
  const found = line && JSON.parse(line).rows.find(({ what }) => what === 'memory of the view, MB');
  const megabytes = found?.['1000000 entries'];
  if (code !== 0 || !megabytes) throw new Error(`the memory bench ended with ${code}`);
  const what = 'memory of the view for 1,000,000 live revocations';
  return {
    rows: [{ what, values: [megabytes], bar: 150, stretch: 90, better: 'lower', unit: ' MB' }],
    raw: out.split('\n'),
  };
}
