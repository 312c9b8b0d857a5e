// `npm run model`: explores tools/model/revocation.pml completely within its bounds, then takes its rules out one at a
// time: each must break it. Needs spin and a C compiler (Debian: apt-get install spin gcc). Writes
// docs/assurance/model.md.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'model.md');
/** Rows of the ledger, heartbeats, reads of the reader. */
const BOUNDS = [
  [1, 4, 4],
  [1, 5, 5],
  [2, 4, 4],
];
const RULES = {
  SNAPSHOT_FIRST:
    'The snapshot of the ledger is taken after Redis acknowledged the heartbeat before.',
  NO_HEAD_CHECK: 'Rows and heartbeat are appended only if the head still is the one that was seen.',
  NO_REFILL:
    'What the feed lacks is published again after a fail-over, whoever published it first.',
  NO_LINK_CHECK: 'A heartbeat whose predecessor was not seen proves nothing.',
  CUT_REPLY_COUNTS: 'A reply that was cut short dates nothing.',
  DATED_BY_OWN_READ: 'A heartbeat is dated by the read before the one that first showed it.',
};

const folder = mkdtempSync(join(tmpdir(), 'tokenward-model-'));
let failed = 0;
const rows = [];
try {
  copyFileSync(join(root, 'tools', 'model', 'revocation.pml'), join(folder, 'model.pml'));
  for (const bounds of BOUNDS) note('every rule', bounds, explored(bounds), 'holds');
  note('(a proof is reached at all)', BOUNDS[0], explored(BOUNDS[0], 'WITNESS'), 'reached');
  for (const [flag, rule] of Object.entries(RULES))
    note(`without: ${rule}`, BOUNDS[0], explored(BOUNDS[0], flag), 'breaks');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
await report();
console.log(`\n${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function explored([rowCount, beats, reads], flag) {
  const bounds = [`-DROWS=${rowCount}`, `-DBEATS=${beats}`, `-DREADS=${reads}`];
  run('spin', ['-a', ...bounds, ...(flag ? [`-D${flag}`] : []), 'model.pml']);
  run('gcc', ['-O2', '-w', '-DSAFETY', '-DCOLLAPSE', '-DMEMLIM=4000', '-o', 'pan', 'pan.c']);
  const said = run('./pan', ['-m100000']);
  const [, errors] = /errors: (\d+)/.exec(said) ?? [];
  const [, states] = /(\d+) states, stored/.exec(said) ?? [];
  const whole =
    !/max search depth too small|out of memory|search not completed/i.test(said) || errors !== '0';
  if (errors === undefined || states === undefined || !whole)
    throw new Error(`not explored:\n${said}`);
  return { isBroken: errors !== '0', states: Number(states) };
}

function note(what, bounds, { isBroken, states }, expected) {
  const outcome =
    expected === 'holds' ? (isBroken ? 'BREAKS' : 'holds') : isBroken ? expected : 'HOLDS';
  if (outcome !== expected) failed += 1;
  console.log(`${outcome}: ${what} (${bounds.join(', ')}), ${states} states`);
  rows.push(
    `- ${what.replace(/\.$/, '')} (${bounds.join(', ')}): ${outcome}, ${states.toLocaleString('en')} states`,
  );
}

async function report() {
  const lines = readFileSync(join(root, 'tools', 'model', 'revocation.pml'), 'utf8').split(
    '\n',
  ).length;
  const text = `# The protocol as a model

Written by \`npm run model\` (spin) on ${new Date().toISOString().slice(0, 10)}. [revocation.pml](../../tools/model/revocation.pml), ${lines} lines of Promela, models the rules of [revocation](../revocation.md): revocations, two processes that take the step at the same time, a
fail-over to a replica that lags, and a reader. It has no clock: an instant is the set of what was acknowledged by then.
Whatever the reader has proof of must be in its view.

Each item explores every order of events within its bounds (rows of the ledger, heartbeats, reads).

${rows.join('\n')}

## Traces of the running system

[histories.e2e.ts](../../test/histories.e2e.ts) T-tr4c records what a cluster does during faults: every row and heartbeat of its feed, the endings that it answered, their
transactions, the reads of a resource server's view, and what that view claims to know.
[trace.ts](../../test/histories/trace.ts) checks the record against the six rules above and the model's assertion. It is written by hand in TypeScript, so it is
a second reading of the model, not the model itself. [trace.spec.ts](../../test/histories/trace.spec.ts) checks that its rules are the same as those in the Promela text, word for word, and that it refuses a trace that breaks
one of them.

## What it does not cover

The model has one feed, one fail-over and one reader, and rows are only added. It leaves out the ledgers of two
applications, timelines of PostgreSQL, transactions that commit out of order, reads of the ledger by the reader's own
process, and the clocks of a process. After a missed link, its reader reads the whole index at once. The simulation in
[protocol.spec.ts](../../libs/auth/src/verify/revocation/protocol/protocol.spec.ts) runs the code itself through such faults.
`;
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}

function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error)
    throw new Error(`${command} is not there (Debian: apt-get install spin gcc)`, { cause: error });
  if (status !== 0 && command !== './pan') throw new Error(`${command}:\n${stdout}${stderr}`);
  return stdout + stderr;
}
