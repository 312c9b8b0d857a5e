// A guarded request whose token was seen before, on Fastify and Express, beside everything people would use instead.
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { median, rotated } from '../support/statistics.mjs';

/** Held against each other at every number of connections; the others at 32. */
const CORE = {
  'no-op guard': ['no-op', {}],
  tokenward: ['tokenward', {}],
  'guides, sequential': ['passport-jwt', { variant: 'sequential' }],
  'guides, parallel': ['passport-jwt', { variant: 'parallel' }],
};
const OTHERS = {
  'Nest docs guard, HS256 string': ['docs-guard', { variant: 'hs256' }],
  'Nest docs guard, RS256 PEM': ['docs-guard', { variant: 'rs256-pem' }],
  'Nest docs guard, RS256 KeyObject': ['docs-guard', { variant: 'rs256-key' }],
  'passport-jwt, RS256': ['passport-jwt', { variant: 'plain' }],
  'express-session, Redis': ['express-session', {}],
  'better-auth, Postgres': ['better-auth', { variant: 'postgres' }],
  'better-auth, cookie cache': ['better-auth', { variant: 'cookie-cache' }],
  'better-auth, Redis': ['better-auth', { variant: 'redis' }],
};
const CONNECTIONS = [1, 8, 32, 128];
const AT = 32;
const WARM_UP_SECONDS = 1;

export async function guarded({ quick, settings, say }) {
  const rounds = quick ? 1 : 3;
  const passes = quick ? 1 : 2;
  const seconds = quick ? 0.5 : 1;
  const all = [];
  for (let round = 0; round < rounds; round++)
    for (const adapter of round % 2 ? ['express', 'fastify'] : ['fastify', 'express']) {
      say(`guarded request, ${adapter}, round ${round + 1} of ${rounds}`);
      const peers = await startAll(adapter, settings, round);
      try {
        for (const peer of peers)
          await window(peer, { connections: AT, seconds: quick ? 0.5 : WARM_UP_SECONDS });
        for (let pass = 0; pass < passes; pass++)
          for (const connections of rotated(CONNECTIONS, round + pass)) {
            // the others once a round, at one number of connections
            const here = peers.filter(
              ({ label }) => label in CORE || (connections === AT && pass === 0),
            );
            for (const peer of rotated(here, round + pass)) {
              const figures = await window(peer, { connections, seconds });
              all.push({
                adapter,
                label: peer.label,
                connections,
                turn: `${round}.${pass}`,
                ...figures,
              });
            }
          }
      } finally {
        await Promise.all(peers.map((peer) => peer.stop()));
      }
    }
  return { rows: rowsOf(all), raw: all, peers: peersOf(all) };
}

async function startAll(adapter, settings, round) {
  const started = [];
  for (const [label, [name, own]] of rotated(Object.entries({ ...CORE, ...OTHERS }), round)) {
    if (name === 'express-session' && adapter !== 'express') continue;
    started.push({ ...(await startPeer(name, adapter, { ...settings, ...own })), label });
  }
  return started;
}

/** One ratio a turn: both were measured within seconds of each other. */
function ratios(all, adapter, connections, over, under, figure = 'perSecond') {
  const of = (label) =>
    all.filter(
      (each) =>
        each.adapter === adapter && each.label === label && connections.includes(each.connections),
    );
  return of(over).flatMap((mine) => {
    const theirs = of(under).find(
      (each) => each.turn === mine.turn && each.connections === mine.connections,
    );
    return theirs ? [mine[figure] / theirs[figure]] : [];
  });
}

function rowsOf(all) {
  const rows = [];
  for (const adapter of ['fastify', 'express']) {
    const cpu = (under, at) =>
      1 / median(ratios(all, adapter, at, 'tokenward', under, 'cpuMicros'));
    for (const at of CONNECTIONS)
      rows.push({
        what: `guarded request against a no-op guard, ${adapter}, ${at} connections`,
        values: ratios(all, adapter, [at], 'tokenward', 'no-op guard'),
        cpu: cpu('no-op guard', [at]),
        bar: 0.9,
        stretch: 0.97,
      });
    for (const guides of ['guides, sequential', 'guides, parallel'])
      rows.push({
        what: `guarded request against the ${guides}, ${adapter}, ${AT} connections`,
        values: ratios(all, adapter, [AT], 'tokenward', guides),
        cpu: cpu(guides, [AT]),
        bar: adapter === 'fastify' ? 6 : 4,
        stretch: adapter === 'fastify' ? 8 : 5,
        ...(guides.endsWith('parallel') && { bar: undefined, stretch: undefined }),
      });
  }
  return rows;
}

function peersOf(all) {
  return ['fastify', 'express'].flatMap((adapter) =>
    Object.keys({ ...CORE, ...OTHERS }).flatMap((label) => {
      const mine = all.filter(
        (each) => each.adapter === adapter && each.label === label && each.connections === AT,
      );
      if (mine.length === 0) return [];
      return {
        adapter,
        label,
        values: ratios(all, adapter, [AT], label, 'no-op guard'),
        perSecond: median(mine.map((each) => each.perSecond)),
        cpuMicros: median(mine.map((each) => each.cpuMicros)),
        p99: median(mine.map((each) => each.p99)),
      };
    }),
  );
}
