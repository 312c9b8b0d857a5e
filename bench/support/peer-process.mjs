import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SERVE = fileURLToPath(new URL('serve.mjs', import.meta.url));
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A fresh process of a peer: its `url`, the `headers` of a signed-in client, and what it can be asked. */
export async function startPeer(name, adapter, settings) {
  const execArgv = process.env.BENCH_CPU_PROF
    ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_CPU_PROF}`]
    : [];
  const child = fork(SERVE, [name, adapter, JSON.stringify(settings)], {
    execArgv,
    stdio: 'inherit',
  });
  running.add(child);
  const waiting = new Map();
  let counter = 0;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  void gone.then(() => {
    running.delete(child);
    for (const { reject } of waiting.values()) reject(new Error(`${name} on ${adapter} ended`));
  });
  const ready = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} on ${adapter} did not start`)));
    child.on('message', (message) => {
      if (message.ready) return resolve(message.ready);
      const { resolve: done, reject: fail } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) fail(new Error(message.error));
      else done(message.value);
    });
  });
  const ask = (what, args) =>
    new Promise((resolve, reject) => {
      const id = counter++;
      waiting.set(id, { resolve, reject });
      child.send({ ask: what, id, args });
    });
  const stop = async () => {
    await ask('stop').catch(() => undefined);
    // it leaves by itself, and writes its profile if it was asked for one
    await Promise.race([gone, delay(5000, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await gone;
  };
  return { name, ...ready, ask, stop };
}
