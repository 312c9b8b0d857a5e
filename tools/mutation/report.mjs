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

export async function writeReport(root, results) {
  const target = join(root, 'docs', 'assurance', 'mutation.md');
  const entries = Object.entries(results).map(([file, result]) => ({ file, ...result }));
  const slices = [...new Set(entries.map(({ slice }) => slice))];
  const rows = slices.flatMap((slice) => {
    const some = entries.filter((each) => each.slice === slice);
    return [
      `- **${slice}**: ${figures(some)}`,
      ...some.map((each) => `  - [${basename(each.file)}](../../${each.file}): ${figures([each])}`),
    ];
  });
  const lived = entries.filter(({ survivors }) => survivors.length > 0);
  const survivors = lived.map(
    ({ file, survivors: some }) =>
      `### ${basename(file)}\n\n${some
        .map(
          (each) =>
            `- line ${each.line}: ${code(each.was)} → ${code(each.became)}${why(file, each)}`,
        )
        .join('\n')}`,
  );
  const text = `# Mutations

Written by \`npm run mutation\` (Stryker, one file after the other). A mutation is killed when one of the file's specs fails.

${rows.join('\n')}

The aim is 85 % in each slice. The files of tools/mutation/slices.mjs that are not in this list are not mutated yet. [Defences](defences.md) are taken out by a command of their own, end to end.

## What lived

${survivors.join('\n\n')}
`;
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
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
  return explanation ? `: ${explanation}` : ' (not looked at yet)';
}
