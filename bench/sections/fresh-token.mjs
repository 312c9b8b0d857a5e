// A token that this process has never seen (RS256), against the unguarded route. The cache is smaller than the tokens that go round.
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { median, rotated } from '../support/statistics.mjs';
import { accessToken } from '../support/tokens.mjs';

const TOKENS = 3200;
const CACHE = 400;

export async function freshToken({ quick, settings, say }) {
  say('tokens never seen');
  const tokens = Array.from({ length: TOKENS }, () => accessToken(settings.keys, 'RS256'));
  const raw = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const peers = [];
    for (const name of rotated(['unguarded', 'tokenward'], round))
      peers.push(await startPeer(name, 'fastify', { ...settings, cacheSize: CACHE }));
    try {
      for (const peer of peers) await window(peer, { connections: 32, seconds: 1, tokens });
      for (let turn = 0; turn < (quick ? 3 : 4); turn++)
        for (const peer of rotated(peers, turn))
          raw.push({
            round,
            turn,
            name: peer.name,
            ...(await window(peer, { connections: 32, seconds: quick ? 0.6 : 1, tokens })),
          });
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  }
  const ratio = (figure) =>
    raw
      .filter(({ name }) => name === 'tokenward')
      .map((mine) => {
        const other = raw.find(
          (each) => each.name === 'unguarded' && each.round === mine.round && each.turn === mine.turn,
        );
        return mine[figure] / other[figure];
      });
  const what =
    'guarded request, token never seen (RS256), against the unguarded route, fastify, 32 connections';
  const rows = [
    { what, values: ratio('perSecond'), cpu: 1 / median(ratio('cpuMicros')), bar: 0.5, stretch: 0.65 },
  ];
  return { rows, raw };
}
