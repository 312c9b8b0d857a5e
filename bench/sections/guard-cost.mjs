// What the guard costs, by CPU: two routes of one process, ours and one behind a guard that does nothing, in windows
// that take turns; and the guard in a loop. One heap, one background, the same headers: requests a second of two
// processes say less.
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { median } from '../support/statistics.mjs';
import { accessToken } from '../support/tokens.mjs';

const CONNECTIONS = 32;
/** More than the guard remembers, so that none comes back while it is known. */
const [TOKENS, CACHE] = [1_600, 400];

export async function guardCost({ quick, settings, say }) {
  const rounds = quick ? 6 : 40;
  const rows = [];
  const raw = {};
  for (const adapter of ['fastify', 'express']) {
    say(`the guard beside one that does nothing, ${adapter}`);
    const peer = await startPeer('tokenward', adapter, settings);
    try {
      const pairs = (raw[adapter] = await inTurn(peer, rounds));
      const [ours, theirs] = ['things', 'beside'].map((route) =>
        median(pairs.map((pair) => pair[route])),
      );
      rows.push(
        {
          what: `guard, token seen before, CPU of it, ${adapter}`,
          unit: ' µs',
          better: 'lower',
          values: pairs.map(({ things, beside }) => things - beside),
        },
        {
          what: `as a ratio (${ours.toFixed(0)} µs a request with it, ${theirs.toFixed(0)} without), ${adapter}`,
          values: pairs.map(({ things, beside }) => beside / things),
        },
      );
    } finally {
      await peer.stop();
    }
  }
  say('the guard in a loop');
  const peer = await startPeer('tokenward', 'fastify', { ...settings, cacheSize: CACHE });
  try {
    const tokens = Array.from({ length: TOKENS }, () => accessToken(settings.keys, 'RS256'));
    const { seen, fresh, verified, signature } = (raw.loop = await peer.ask('loop', tokens));
    const row = (what, value) => rows.push({ what, unit: ' µs', better: 'lower', values: [value] });
    row('guard in a loop, token seen before', seen);
    row('guard in a loop, token never seen (RS256)', fresh);
    row('of it beside the signature', fresh - signature);
    row('of that the verifier', verified - signature);
  } finally {
    await peer.stop();
  }
  return { rows, raw };
}

/** CPU of the process a request on either route; who is first changes. */
async function inTurn(peer, rounds) {
  const load = { connections: CONNECTIONS, seconds: 0.6 };
  const pairs = [];
  for (let round = -2; round < rounds; round++) {
    const pair = {};
    for (const route of round % 2 === 0 ? ['things', 'beside'] : ['beside', 'things'])
      pair[route] = (await window(peer, { ...load, path: `/${route}` })).cpuMicros;
    // the first ones compile
    if (round >= 0) pairs.push(pair);
  }
  return pairs;
}
