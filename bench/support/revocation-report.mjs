// What the revocation benches leave: a table to read, and the same as one line of JSON.
import { machine } from './report.mjs';

/** `rows`: objects with the same members; numbers are shown with at most one decimal. */
export function report(title, rows) {
  const columns = Object.keys(rows[0]);
  const text = (value) =>
    typeof value === 'number' ? String(Math.round(value * 10) / 10) : String(value);
  const widths = columns.map((name) =>
    Math.max(name.length, ...rows.map((row) => text(row[name]).length)),
  );
  const line = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  console.log(`\n${title}\n`);
  console.log(line(columns));
  console.log(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) console.log(line(columns.map((name) => text(row[name]))));
  console.log(`\n${JSON.stringify({ title, machine: machine(), rows })}`);
}
