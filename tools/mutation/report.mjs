import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { explanationOf } from './explained.mjs';

/** The percentage that the specs detected. */
export function scoreOf(results) {
  const killed = results.reduce((sum, each) => sum + each.killed, 0);
  const all = results.reduce((sum, each) => sum + each.killed + each.survivors.length, 0);
  return all === 0 ? 100 : (killed / all) * 100;
}

/** What each file scored, and for each slice a page of what lived. */
export async function writeReport(root, results) {
  const entries = Object.entries(results).map(([file, result]) => ({ file, ...result }));
  const slices = [...new Set(entries.map(({ slice }) => slice))].map((slice) => ({
    slice,
    files: entries.filter((each) => each.slice === slice),
  }));
  const unexplained = ({ file, survivors }) =>
    survivors.filter((each) => !explanationOf(file, each)).length;
  const rows = slices.map(
    ({ slice, files }) => `## ${slice}

${figures(files)}; ${whatLived(
      files.reduce((sum, each) => sum + unexplained(each), 0),
      slice,
    )}

${files.map((each) => `- [${basename(each.file)}](../../${each.file}): ${figures([each])}`).join('\n')}`,
  );
  await writePage(
    root,
    'mutation',
    `# Mutations

Written by \`npm run mutation\` (Stryker, one file after the other). A mutation is killed when one of the file's specs fails. The aim is 85 % in each slice. The files of tools/mutation/slices.mjs that are not in this list are not mutated yet. [Defences](defences.md) are taken out by a command of their own, end to end.

${rows.join('\n\n')}
`,
  );
  for (const { slice, files } of slices)
    await writePage(
      root,
      `mutation-${slice}`,
      `# Mutations of ${slice} that lived

Written by \`npm run mutation\`: [what each file scored](mutation.md). After each mutation: why no test can detect it. What has no reason lived when its file was run; tests that came later may see it.

${files
  .filter(({ survivors }) => survivors.length > 0)
  .map(({ file, survivors }) => survivorsOf(file, survivors))
  .join('\n\n')}
`,
    );
}

async function writePage(root, name, text) {
  const target = join(root, 'docs', 'assurance', `${name}.md`);
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}

function whatLived(unexplained, slice) {
  const page = `[what lived](mutation-${slice}.md)`;
  return unexplained === 0 ? `${page} is explained` : `of ${page}, ${unexplained} without a reason`;
}

function survivorsOf(file, survivors) {
  const lines = survivors
    .toSorted((one, other) => one.line - other.line)
    .map(
      (each) => `- line ${each.line}: ${code(each.was)} → ${code(each.became)}${why(file, each)}`,
    );
  return `## ${basename(file)}\n\n${lines.join('\n')}`;
}

function figures(some) {
  const lived = some.flatMap((each) => each.survivors).length;
  const all = some.reduce((count, each) => count + each.killed, lived);
  return `${scoreOf(some).toFixed(1)} % of ${all} mutations killed, ${lived} lived`;
}

function code(text) {
  return `\`\` ${text || 'nothing'} \`\``;
}

function why(file, survivor) {
  const explanation = explanationOf(file, survivor);
  return explanation ? `: ${explanation}` : '';
}
