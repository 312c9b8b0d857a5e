import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FaultCluster, startFaultCluster } from './faults/fault-cluster.js';
import { violationsIn } from './histories/checker.js';
import { Recorder } from './histories/recorder.js';
import { refusalsOf, type Trace } from './histories/trace.js';
import { startTracer, type Tracer } from './histories/tracer.js';
import { makeTrouble } from './histories/troubles.js';

/** `npm run histories` asks for more of both, and where to write the history. */
const REQUESTS = Number(process.env['HISTORY_REQUESTS'] ?? 1_500);
const REPORT = process.env['HISTORY_REPORT'];
const CLIENTS = Number(process.env['HISTORY_CLIENTS'] ?? 12);
const BOUNDS = { boundMs: 1_000 };
/** Two servers and three processes, on a machine that may be busy elsewhere. */
const START_WITHIN_MS = 300_000;
/** Up to this length the history is read after each trouble, too: what breaks the contract soon ends it soon. */
const SHORT = 10_000;
const people = Array.from({ length: CLIENTS }, (_, n) => ({
  email: `client${n}@example.com`,
  password: 'a long walk by the quiet sea',
}));

describe(`a history of ${REQUESTS} requests to three processes, with faults`, () => {
  let cluster: FaultCluster;
  let tracer: Tracer;
  let trace: Trace;
  beforeAll(async () => {
    cluster = await startFaultCluster({
      DEMO_USERS: people.map(({ email, password }) => `${email}:${password}:user`).join(','),
      // each client plays its own thief
      ON_REUSE: 'family',
      // the bound without its one exception: what nobody can prove is 503
      REVOCATION_UNPROVEN: 'refuse',
    });
    tracer = await startTracer(cluster);
  }, START_WITHIN_MS);
  afterAll(() => cluster?.close(), START_WITHIN_MS);

  // T-hst5
  it(
    'has no late acceptance and one successor for each token, and loses nothing that was acknowledged',
    async () => {
      const recorder = new Recorder(cluster, REQUESTS);
      const { history } = recorder;
      await Promise.all([
        ...people.map((person) => recorder.visit(person)),
        makeTrouble(
          cluster,
          (trouble) => {
            history.push(trouble);
            if (history.length < SHORT && violationsIn(history, BOUNDS).length > 0) recorder.stop();
          },
          () => recorder.isDone,
        ),
      ]).finally(() => {
        recorder.stop();
        if (REPORT) writeFileSync(REPORT, history.map((entry) => JSON.stringify(entry)).join('\n'));
      });
      trace = await tracer.stop(history);
      expect(violationsIn(history, BOUNDS)).toEqual([]);
      // a history of refusals alone would prove nothing
      for (const kind of ['login', 'refresh', 'use'] as const)
        expect(history.some((entry) => entry.kind === kind && entry.status === 200)).toBe(true);
      expect(history.some((entry) => entry.kind === 'logout' && entry.status === 204)).toBe(true);
    },
    120_000 + REQUESTS * 40,
  );

  // T-tr4c
  it('follows the rules of the model: heartbeats, rows, and what a reader takes as proven', () => {
    expect(refusalsOf(trace)).toEqual([]);
    // an empty trace would go by every rule
    const { feed, reader, acknowledged } = trace;
    const count = (events: readonly { kind: string }[], kind: string) =>
      events.filter((event) => event.kind === kind).length;
    expect(acknowledged.size).toBeGreaterThan(0);
    expect(count(feed, 'row')).toBeGreaterThan(0);
    expect(count(feed, 'beat')).toBeGreaterThan(20);
    expect(count(reader, 'proven')).toBeGreaterThan(20);
  });
});
