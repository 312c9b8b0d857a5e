// Plain JavaScript: the runner uses it before anything is compiled, the helpers of the specs after.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A server without persistence unless `args` say otherwise; resolves when it answers. */
export async function startRedis({ binary, dir, port, args = [] }) {
  const at = port ?? (await freePort());
  const base = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(at),
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    // the default waits five seconds for more replicas than there are
    '--repl-diskless-sync-delay',
    '0',
  ];
  const child = spawn(binary, [...base, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (log = (log + chunk).slice(-4000)));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const hasExited = () =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  child.on('error', (error) => (log += error.message));
  const until = performance.now() + 60_000;
  while (!(await answers(at))) {
    if (hasExited() || performance.now() > until)
      throw new Error(`redis-server did not start: ${log}`);
    await delay(10);
  }
  const kill = async (signal) => {
    if (hasExited()) return;
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${at}`,
    port: at,
    pid: child.pid,
    kill,
    stop: () => kill('SIGTERM'),
  };
}

// a thousand ports for each worker of jest, below those that systems give to outgoing connections: whatever else
// opens or connects between this look and the server's own start takes none of them
const SHARE = 1_000;
const FIRST_PORT = 20_000 + (Number(process.env.JEST_WORKER_ID ?? 0) % 12) * SHARE;
let turn = randomInt(SHARE);

export async function freePort() {
  for (let tries = 0; tries < SHARE; tries++) {
    const port = FIRST_PORT + (turn++ % SHARE);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST_PORT} on`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** `+PONG`, or an error that only a server that has loaded its data gives (a password is asked for). */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('data', (chunk) => done(/^(?:\+PONG|-NOAUTH)/.test(chunk.toString())));
  });
}
