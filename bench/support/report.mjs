// What a run leaves: the table on the screen, the raw figures, a picture, and the tables of
// docs/assurance/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { summary } from './statistics.mjs';
import { pictureOf } from './picture.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const MARKS = { from: '<!-- measured:begin -->', to: '<!-- measured:end -->' };

/** A row with its median, its middle half and whether the bar was met. */
export function judged({ values, better = 'higher', bar, stretch, ...row }) {
  const { p50, p25, p75, n } = summary(values);
  const reaches = (limit) => (better === 'higher' ? p50 >= limit : p50 <= limit);
  const verdict =
    stretch !== undefined && reaches(stretch)
      ? 'met, stretch too'
      : bar === undefined
        ? ''
        : reaches(bar)
          ? 'met'
          : 'NOT MET';
  return { ...row, values, better, bar, stretch, n, median: p50, p25, p75, verdict };
}

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim(),
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load: loadavg().map((each) => Math.round(each * 10) / 10),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  };
}

const figure = (value, unit = '') =>
  (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) + unit;
const limit = (value, unit) => (value === undefined ? '' : `${value}${unit ?? ''}`);

export function cellsOf(row) {
  return [
    row.what,
    figure(row.median, row.unit),
    row.n > 1 ? `${figure(row.p25)}–${figure(row.p75)}` : '',
    row.cpu === undefined ? '' : figure(row.cpu),
    limit(row.bar, row.unit),
    limit(row.stretch, row.unit),
    row.verdict,
  ];
}

const HEAD = ['what', 'figure', 'middle half', 'by CPU', 'bar', 'stretch', ''];
const PEER_HEAD = [
  'on',
  'peer, 32 connections',
  'of the no-op guard',
  'middle half',
  'requests/s',
  'CPU/request',
  'p99',
];

export function peerCells({ adapter, label, values, perSecond, cpuMicros, p99 }) {
  const { p25, p50, p75 } = summary(values);
  return [
    adapter,
    label,
    figure(p50),
    `${figure(p25)}–${figure(p75)}`,
    perSecond.toFixed(0),
    `${cpuMicros.toFixed(0)} µs`,
    `${p99} ms`,
  ];
}

export function printTable(rows, peers) {
  for (const lines of [
    [PEER_HEAD, ...peers.map(peerCells)],
    [HEAD, ...rows.map(cellsOf)],
  ]) {
    if (lines.length === 1) continue;
    const widths = lines[0].map((_, column) =>
      Math.max(...lines.map((cells) => cells[column].length)),
    );
    for (const cells of lines)
      console.log(cells.map((cell, column) => cell.padEnd(widths[column])).join('  '));
    console.log();
  }
}

/** A row as an item of a list: lines of a table would be too long to read. */
function itemOf(row) {
  const [what, median, half, cpu, bar, stretch, verdict] = cellsOf(row);
  const aims = [bar && `bar ${bar}`, stretch && `stretch ${stretch}`].filter(Boolean).join(', ');
  const more = [half && `middle half ${half}`, cpu && `by CPU ${cpu}`, aims]
    .filter(Boolean)
    .join('; ');
  return `- ${what}: **${median}**${more && ` (${more})`}${verdict && `: ${verdict}`}`;
}

const markdown = (head, lines) =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The raw figures, the picture, and the tables between the marks of the page. */
export async function writePage({ rows, peers, raw, kind, on, problems }) {
  const page = at('../../docs/assurance/performance.md');
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.split(MARKS.from)[0], text.split(MARKS.to)[1]];
  const quick = '**A quick run: short windows, a tenth of the sessions; the ratios are rough.** ';
  const described = `${kind === 'quick' ? quick : ''}${on.date} UTC, Node ${on.node} on ${on.platform}, ${on.cores} cores (${on.cpu}), ${on.memoryGb} GB, ${on.services}. Load generator, Node and both servers share these cores. Load average when it began: ${on.load.join(', ')}.`;
  const parts = [
    described,
    '![what was measured](performance.svg)',
    rows.map(itemOf).join('\n'),
    markdown(PEER_HEAD, peers.map(peerCells)),
    ...problems.map((problem) => `Not measured: ${problem}.`),
  ];
  writeFileSync(at('../../docs/assurance/performance.svg'), pictureOf(rows, peers, on, kind));
  const figures = JSON.stringify({ kind, machine: on, rows, peers, problems, raw });
  writeFileSync(at('../../docs/assurance/performance.json'), await format(figures, '.json'));
  const measured = `${before}${MARKS.from}\n\n${parts.join('\n\n')}\n\n${MARKS.to}${after}`;
  writeFileSync(page, await format(measured, '.md'));
}

/** As the lint wants what is committed. */
async function format(text, extension) {
  const { format: pretty, resolveConfig } = await import('prettier');
  const filepath = at(`../../docs/assurance/performance${extension}`);
  return pretty(text, { ...(await resolveConfig(filepath)), filepath });
}
