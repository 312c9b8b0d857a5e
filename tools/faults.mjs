// `npm run faults`: runs every fault of the revocation and writes docs/assurance/faults.md. `--from <lines>`: writes it
// from a run that was.
import { readdirSync } from 'node:fs';
import { resultsOf, writePage } from './suite-results.mjs';

const suites = readdirSync(new URL('../test', import.meta.url))
  .filter((each) => /^revocation-faults-/.test(each))
  .map((each) => `test/${each}`);
const rows = resultsOf(suites, 'FAULT_TABLE').map(({ fault, last, excepted }) => {
  const cell = (where) => {
    const ms = last[where] === null ? 'none' : `${last[where]} ms`;
    return excepted.includes(where) ? `${ms} (the exception)` : ms;
  };
  const cells = [cell('a'), cell('b'), cell('verifier')];
  if (cells.every((each) => each === 'none')) return `- ${fault}: none`;
  return `- ${fault}: \`a\` ${cells[0]}, \`b\` ${cells[1]}, resource server ${cells[2]}`;
});

const text = `# The last instant of acceptance

Written by \`npm run faults\` (\`test/revocation-faults-*.e2e.ts\`), with every process on default options.

For each fault, the list says when the last request was sent that still accepted a revoked token, counted from the answer
to its revocation. The bound is 1,000 ms; the process that revoked must not accept any. “None” means that no request
sent after the answer was accepted; a single “none” holds for all three processes. \`a\` and \`b\` issue and revoke; the
resource server has only Redis.

${rows.join('\n')}
`;
await writePage('faults.md', text);
