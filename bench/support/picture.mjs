// One SVG: every peer beside the no-op guard, then every bar of the issue. Plain shapes, so that it reads on light and
// dark.
import { summary } from './statistics.mjs';

const WIDTH = 980;
const LINE = 22;
const LEFT = 500;
const RIGHT = 80;
const escape = (text) => String(text).replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

export function pictureOf(rows, peers, on, kind) {
  const bars = [
    { heading: 'requests a second, guarded, 32 connections, as a share of a no-op guard' },
    ...peers.map(({ adapter, label, values }) => ({
      label: `${adapter}: ${label}`,
      ...summary(values),
      full: 1.1,
      mine: label === 'tokenward',
    })),
    { heading: 'against its bar (the line); longer is better' },
    ...rows.filter(({ bar }) => bar !== undefined && bar !== 0).map(againstBar),
  ];
  const height = (bars.length + 3) * LINE;
  const shapes = bars.map((bar, at) => shapeOf(bar, (at + 2) * LINE));
  const title = `Tokenward ${kind} run, ${on.date} UTC, Node ${on.node}, ${on.cores} cores`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="10" y="${LINE}" font-weight="bold" font-size="14">${escape(title)}</text>
${shapes.join('\n')}
</svg>
`;
}

function againstBar(row) {
  const share = (value) => (row.better === 'higher' ? value / row.bar : row.bar / value);
  const [p25, p75] = [share(row.p25), share(row.p75)].sort((a, b) => a - b);
  return { label: row.what, p25, p50: share(row.median), p75, full: 3, line: 1, mine: true };
}

function shapeOf({ heading, label, p25, p50, p75, full, line, mine }, y) {
  if (heading) return `<text x="10" y="${y + 15}" font-weight="bold">${escape(heading)}</text>`;
  const scale = (value) => (Math.min(value, full) / full) * (WIDTH - LEFT - RIGHT);
  const colour = mine ? '#2f6f4f' : '#9aa5b1';
  const shown = label.length > 82 ? `${label.slice(0, 81)}…` : label;
  return [
    `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end" font-size="11">${escape(shown)}</text>`,
    `<rect x="${LEFT}" y="${y + 4}" width="${scale(p50).toFixed(1)}" height="${LINE - 8}" fill="${colour}"/>`,
    `<line x1="${(LEFT + scale(p25)).toFixed(1)}" x2="${(LEFT + scale(p75)).toFixed(1)}" y1="${y + 11}" y2="${y + 11}" stroke="#111"/>`,
    line
      ? `<line x1="${(LEFT + scale(line)).toFixed(1)}" x2="${(LEFT + scale(line)).toFixed(1)}" y1="${y}" y2="${y + LINE}" stroke="#b3261e"/>`
      : '',
    `<text x="${(LEFT + scale(p50) + 6).toFixed(1)}" y="${y + 15}">${p50.toFixed(2)}</text>`,
  ].join('');
}
