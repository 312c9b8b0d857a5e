// A token that this process has never seen (RS256), against the unguarded route, and against a guard that only verifies
// the signature. The cache is smaller than the tokens that go round.
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { median, rotated } from '../support/statistics.mjs';
import { accessToken } from '../support/tokens.mjs';

const TOKENS = 3200;
const CACHE = 400;
const PEERS = ['unguarded', 'signature-only', 'tokenward'];

export async function freshToken({ quick, settings, say }) {
  say('tokens never seen');
  const tokens = Array.from({ length: TOKENS }, () => accessToken(settings.keys, 'RS256'));
  const raw = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const peers = [];
    for (const name of rotated(PEERS, round))
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
  const ratios = (over, under, figure) =>
    raw
      .filter(({ name }) => name === over)
      .map((mine) => {
        const other = raw.find(
          (each) => each.name === under && each.round === mine.round && each.turn === mine.turn,
        );
        return mine[figure] / other[figure];
      });
  const row = (what, over, under, bars) => ({
    what: `${what}, fastify, 32 connections`,
    values: ratios(over, under, 'perSecond'),
    cpu: 1 / median(ratios(over, under, 'cpuMicros')),
    ...bars,
  });
  const seen = 'guarded request, token never seen (RS256)';
  const rows = [
    row(`${seen}, against the unguarded route`, 'tokenward', 'unguarded', {
      bar: 0.5,
      stretch: 0.65,
    }),
    row(`${seen}, against a guard that only verifies the signature`, 'tokenward', 'signature-only'),
    row('that guard, against the unguarded route', 'signature-only', 'unguarded'),
  ];
  return { rows, raw };
}
