// What a flood left: tables on the screen, and the same as docs/assurance/flood.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './report.mjs';
import { summary } from './statistics.mjs';

const PAGE = fileURLToPath(new URL('../../docs/assurance/flood.md', import.meta.url));
const PHASES = ['before', 'during', 'after'];
const mb = (value) => (Number.isFinite(value) ? `${Math.round(value)} MB` : '');
const plain = (value) => (Number.isFinite(value) ? String(value) : '');
const ms = (value) => `${Math.round(value)} ms`;
const list = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ') || 'none';

/** Titles with a head and rows of cells each. */
function tablesOf(phases) {
  const of = (pick, show = plain) => PHASES.map((name) => show(pick(phases[name])));
  const quantile =
    (share) =>
    ({ ms: all }) =>
      all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1];
  const head = (first) => [first, ...PHASES];
  return [
    [
      'Honest logins, a second apart',
      head(''),
      [
        ['answered 200', ...of((phase) => phase.ms.length)],
        ['anything else', ...of((phase) => phase.failed, list)],
        ['median', ...of(({ ms: all }) => summary(all).p50, ms)],
        ['95 of 100 within', ...of(quantile(0.95), ms)],
        ['longest', ...of(quantile(1), ms)],
      ],
    ],
    [
      'What was sent',
      ['attack', 'answers (HTTP status, close code)'],
      Object.entries(phases.during.sent).map(([name, outcomes]) => [name, list(outcomes)]),
    ],
    [
      'Durable rows',
      head('table'),
      Object.keys(phases.after.rows).map((name) => [
        `\`${name}\``,
        ...of(({ rows }) => rows[name]),
      ]),
    ],
    [
      'The processes',
      head(''),
      [
        ['demo, resident memory', ...of(({ demo }) => demo.rssMb, mb)],
        ['demo, highest seen', ...of(({ peak }) => peak.rssMb, mb)],
        ['demo, heap in use', ...of(({ demo }) => demo.heapMb, mb)],
        ['demo, active handles', ...of(({ demo }) => demo.handles)],
        ['demo, highest seen', ...of(({ peak }) => peak.handles)],
        ['demo, open descriptors', ...of(({ demo }) => demo.descriptors)],
        ['demo, audit records that wait', ...of(({ demo }) => demo.auditPending)],
        ['demo, calls of listeners left out', ...of(({ demo }) => demo.listenersDropped)],
        ['orders service, resident memory', ...of(({ ordersRssMb }) => ordersRssMb, mb)],
      ],
    ],
  ];
}

export function printFlood(phases, seconds) {
  console.log(`\n${seconds} s of flood from one address`);
  for (const [title, head, rows] of tablesOf(phases)) {
    console.log(`\n${title}`);
    for (const cells of [head, ...rows])
      console.log(
        cells
          .map((cell) => cell.padEnd(36))
          .join('')
          .trimEnd(),
      );
  }
}

export async function writeFloodPage(phases, seconds) {
  const on = machine();
  const table = ([title, head, rows]) =>
    [
      `## ${title}`,
      '',
      ...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    ].join('\n');
  const text = `# A flood from one address

Written by \`npm run flood -- --page\` (\`--seconds N\`; ten minutes by default): the built demo and the orders service, PostgreSQL and Redis of their own, default limits. One address sends without pause, 4 to 8 at a time, throttled logins, dead refresh tokens, its own refreshes, sockets without a token (400 at a time) and with a bad one, and to the orders service tokens of keys that nobody has. Meanwhile others log in, one at a time and a second apart, from other addresses, with the right password. Flood, Node and both servers share the cores, so the times during the flood are of a busy machine first of all.

Of what the flood causes one audit row a minute, kind, account and address stays; the honest logins leave a session and an audit row each.

**${seconds} seconds of flood**, ${on.date} UTC, Node ${on.node} on ${on.platform}, ${on.cores} cores (${on.cpu}), ${on.memoryGb} GB. Load average at the end: ${on.load.join(', ')}.

${tablesOf(phases).map(table).join('\n\n')}
`;
  const { format, resolveConfig } = await import('prettier');
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}
