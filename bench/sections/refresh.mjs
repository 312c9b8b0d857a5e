// What a refresh over HTTP asks of the servers, counted; and its CPU, beside signing alone.
import { Redis } from 'ioredis';
import { startPeer } from '../support/peer-process.mjs';
import { refreshing } from '../support/refreshing.mjs';

export async function refresh({ quick, settings, say }) {
  say('refresh over HTTP');
  const redis = new Redis(settings.redisUrl);
  const peer = await startPeer('tokenward', 'fastify', settings);
  try {
    const [first] = await peer.ask('openSessions', 1);
    const idle = await commandsDuring(
      redis,
      () => new Promise((resolve) => setTimeout(resolve, 2000)),
    );
    const times = quick ? 200 : 1000;
    let token = await inARow(peer.url, first, 50);
    const before = { cpu: await peer.ask('cpu'), statements: await peer.ask('statements') };
    const caused = await commandsDuring(
      redis,
      async () => (token = await inARow(peer.url, token, times)),
    );
    const cpu = await peer.ask('cpu');
    const statements = ((await peer.ask('statements')) - before.statements) / times;
    const commands = Math.max(0, caused.commands - (idle.commands / idle.ms) * caused.ms) / times;
    const cpuMicros = (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / times;
    const rows = [
      {
        what: 'refresh over HTTP, statements to Postgres',
        values: [statements],
        bar: 1,
        better: 'lower',
        unit: '',
      },
      {
        what: 'refresh over HTTP, commands to Redis (beyond those of an idle process)',
        values: [Math.round(commands * 10) / 10],
        bar: 0,
        better: 'lower',
        unit: '',
      },
      {
        what: 'refresh over HTTP with RS256, CPU of the process',
        values: [cpuMicros],
        unit: ' µs',
      },
    ];
    return { rows, raw: { statements, commands, cpuMicros, times } };
  } finally {
    await peer.stop();
    redis.disconnect();
  }
}

async function inARow(url, refreshToken, times) {
  for (let i = 0; i < times; i++) {
    const answer = await refreshing(url, refreshToken);
    if (answer.status !== 200) throw new Error(`refresh answered ${answer.status}`);
    ({ refreshToken } = answer);
  }
  return refreshToken;
}

async function commandsDuring(redis, work) {
  const count = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
  const from = performance.now();
  const before = await count();
  await work();
  return { commands: (await count()) - before - 1, ms: performance.now() - from };
}
