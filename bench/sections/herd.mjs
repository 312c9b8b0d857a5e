// A herd: sessions whose refresh token is sent many times at once, to two processes over one database, with a leeway.
// Each use should get the one successor; what is counted is who was turned away, and how many statements a round took.
import { Agent } from 'node:http';
import { startPeer } from '../support/peer-process.mjs';
import { refreshing } from '../support/refreshing.mjs';

const SESSIONS = 200;
const USES = 8;

export async function herd({ quick, settings, say }) {
  say('a herd on one refresh token, two processes');
  const agent = new Agent({ keepAlive: true, maxSockets: SESSIONS });
  const own = { ...settings, algorithm: 'ES256', refreshToken: { reuseLeeway: '10s' } };
  const peers = [];
  try {
    for (let n = 0; n < 2; n++) peers.push(await startPeer('tokenward', 'fastify', own));
    const raw = [];
    for (let round = -1; round < (quick ? 3 : 15); round++) {
      const figures = await stampede(peers, agent);
      // the first one compiles
      if (round >= 0) raw.push(figures);
    }
    const of = (member) => raw.map((each) => each[member]);
    const what = `${SESSIONS} refresh tokens, each used ${USES} times at once over two processes`;
    const rows = [
      {
        what: `${what}: answers that are not a success`,
        values: of('refused'),
        bar: 0,
        better: 'lower',
      },
      {
        what: `${what}: tokens with more than one successor`,
        values: of('forked'),
        bar: 0,
        better: 'lower',
      },
      {
        what: `${what}: statements for each session`,
        values: of('statements'),
        bar: 2,
        better: 'lower',
      },
      { what: `${what}: answers a second`, values: of('perSecond') },
    ];
    return { rows, raw };
  } finally {
    for (const peer of peers) await peer.stop();
    agent.destroy();
  }
}

async function stampede(peers, agent) {
  const tokens = await peers[0].ask('openSessions', SESSIONS);
  const counted = async () =>
    (await Promise.all(peers.map((peer) => peer.ask('statements')))).reduce((a, b) => a + b);
  const before = await counted();
  const from = performance.now();
  const answers = await Promise.all(
    Array.from({ length: SESSIONS * USES }, (_, at) =>
      refreshing(peers[at % peers.length].url, tokens[Math.floor(at / USES)], agent),
    ),
  );
  const seconds = (performance.now() - from) / 1000;
  const successors = tokens.map(
    (_, at) =>
      new Set(
        answers
          .slice(at * USES, (at + 1) * USES)
          .flatMap(({ refreshToken }) => (refreshToken === undefined ? [] : [refreshToken])),
      ).size,
  );
  return {
    refused: answers.filter(({ status }) => status !== 200).length,
    forked: successors.filter((many) => many > 1).length,
    statements: ((await counted()) - before) / SESSIONS,
    perSecond: answers.length / seconds,
  };
}
