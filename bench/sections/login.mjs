// Logins a second against bare argon2id verifications, and what a guarded request waits while logins are in flight.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { rotated } from '../support/statistics.mjs';

const IN_FLIGHT = 8;
const PASSWORD = 'bench-passphrase-1';
const BODIES = Array.from({ length: 200 }, (_, i) =>
  JSON.stringify({ email: `bench${i + 1}@example.com`, password: PASSWORD, transport: 'bearer' }),
);

export async function login({ quick, settings, say }) {
  say('logins');
  const [rounds, seconds] = quick ? [2, 2] : [5, 3];
  const host = await startPeer('tokenward', 'fastify', settings);
  const bare = await startPeer('bare-argon2', 'fastify', settings);
  const load = fork(fileURLToPath(new URL('../support/logins.mjs', import.meta.url)), [
    host.url,
    String(IN_FLIGHT),
  ]);
  try {
    await once(load, 'message');
    const logins = await loginsAgainstBare(host, bare, rounds, seconds);
    const latency = await latencyOfGuarded(host, load, rounds, seconds);
    const rows = [
      {
        what: `login (RS256) against bare argon2id verifications, ${IN_FLIGHT} in flight, the default concurrency`,
        values: logins.map((each) => each.logins / each.bare),
        bar: 0.9,
        stretch: 0.95,
      },
      {
        what: `p99 of guarded requests (400 a second) while ${IN_FLIGHT} logins are in flight, against idle`,
        values: latency.map((each) => each.busy / Math.max(1, each.idle)),
        bar: 3,
        stretch: 1.5,
        better: 'lower',
      },
    ];
    return { rows, raw: { logins, latency } };
  } finally {
    load.kill();
    await Promise.all([host.stop(), bare.stop()]);
  }
}

/** Of each round: how many a second. */
async function loginsAgainstBare(host, bare, rounds, seconds) {
  const logins = async () => {
    const asked = { connections: IN_FLIGHT, seconds, path: '/auth/login', body: BODIES };
    return (await window(host, asked)).perSecond;
  };
  const verifications = () => bare.ask('verify', { inFlight: IN_FLIGHT, seconds });
  const sides = Object.entries({ logins, bare: verifications });
  await logins();
  const raw = [];
  for (let turn = 0; turn < rounds; turn++) {
    const figures = {};
    for (const [name, run] of rotated(sides, turn)) figures[name] = await run();
    raw.push(figures);
  }
  return raw;
}

/** Of each round: milliseconds at p99 and p50, without logins and while `load` sends them. */
async function latencyOfGuarded(host, load, rounds, seconds) {
  const guarded = () => window(host, { connections: 8, seconds, rate: 400 });
  await guarded();
  const raw = [];
  for (let turn = 0; turn < rounds; turn++) {
    const idle = await guarded();
    load.send('start');
    await once(load, 'message');
    const busy = await guarded();
    load.send('stop');
    await once(load, 'message');
    raw.push({ idle: idle.p99, busy: busy.p99, idleP50: idle.p50, busyP50: busy.p50 });
  }
  return raw;
}
