// A refresh over HTTP by what is in flight and by algorithm: CPU of the process and refreshes a second, in rounds that
// take turns. Each in flight is a session of its own, which refreshes with what it was given before.
import { Agent } from 'node:http';
import { startPeer } from '../support/peer-process.mjs';
import { refreshing } from '../support/refreshing.mjs';

const IN_FLIGHT = [1, 8, 32];
const ALGORITHMS = ['RS256', 'ES256'];

export async function refreshLoad({ quick, settings, say }) {
  say('refresh over HTTP by what is in flight');
  const [rounds, amount] = quick ? [3, 192] : [15, 960];
  const most = IN_FLIGHT.at(-1);
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  const sides = [];
  try {
    for (const algorithm of ALGORITHMS) {
      const peer = await startPeer('tokenward', 'fastify', { ...settings, algorithm });
      sides.push({
        algorithm,
        peer,
        tokens: await peer.ask('openSessions', most),
        measured: new Map(),
      });
    }
    for (let round = -1; round < rounds; round++)
      for (const inFlight of IN_FLIGHT)
        for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
          const figures = await window(side, { inFlight, amount, agent });
          // the first ones compile
          if (round < 0) continue;
          side.measured.set(inFlight, [...(side.measured.get(inFlight) ?? []), figures]);
        }
    const rows = sides.flatMap(({ algorithm, measured }) =>
      [...measured].flatMap(([inFlight, windows]) => {
        const what = `refresh over HTTP, ${algorithm}, ${inFlight} in flight`;
        return [
          {
            what: `${what}, CPU of the process`,
            unit: ' µs',
            better: 'lower',
            values: windows.map(({ cpu }) => cpu),
          },
          { what: `${what}, a second`, values: windows.map(({ perSecond }) => perSecond) },
        ];
      }),
    );
    return {
      rows,
      raw: sides.map(({ algorithm, measured }) => ({ algorithm, measured: [...measured] })),
    };
  } finally {
    for (const { peer } of sides) await peer.stop();
    agent.destroy();
  }
}

async function window({ peer, tokens }, { inFlight, amount, agent }) {
  const times = amount / inFlight;
  const before = await peer.ask('cpu');
  const from = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async (_, at) => {
      for (let i = 0; i < times; i++) tokens[at] = await refreshed(peer.url, tokens[at], agent);
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = await peer.ask('cpu');
  return {
    cpu: (user + system - before.user - before.system) / amount,
    perSecond: amount / seconds,
  };
}

async function refreshed(url, refreshToken, agent) {
  const answer = await refreshing(url, refreshToken, agent);
  if (answer.status !== 200) throw new Error(`refresh answered ${answer.status}`);
  return answer.refreshToken;
}
