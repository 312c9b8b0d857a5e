import type { Entry, Operation, Violation } from './history.js';

/** The contract's answers to these requests, faults included; 0 means that none came. */
const KNOWN_ANSWERS: ReadonlySet<number> = new Set([0, 200, 204, 401, 503]);

export interface Bounds {
  /** How long after the answer to a revocation another process may still accept (contract, section 6). */
  readonly boundMs: number;
}

/** Reads a history and lists violations of the contract. It knows only requests and answers, not the system. */
export function violationsIn(history: Iterable<Entry>, { boundMs }: Bounds): Violation[] {
  const bySession = new Map<string, Operation[]>();
  for (const entry of history) {
    if (entry.kind === 'trouble') continue;
    const mine = bySession.get(entry.session);
    if (mine) mine.push(entry);
    else bySession.set(entry.session, [entry]);
  }
  return [...bySession].flatMap(([session, operations]) =>
    [
      ...oddAnswers(operations),
      ...lateAcceptances(operations, boundMs),
      ...forks(operations),
      ...losses(operations),
    ].map((found) => ({ ...found, session })),
  );
}

type Found = Omit<Violation, 'session'>;

const accepted = ({ kind, status }: Operation): boolean => kind !== 'logout' && status === 200;

function oddAnswers(operations: readonly Operation[]): Found[] {
  return operations
    .filter(({ status }) => !KNOWN_ANSWERS.has(status))
    .map((each) => ({ rule: 'odd answer', text: told(each) }));
}

/**
 * The revoking process refuses at once, others after the bound. A refused refresh means that the session has ended: it
 * was ended before, or this was a theft.
 */
function lateAcceptances(operations: readonly Operation[], boundMs: number): Found[] {
  const revocations = operations.filter(
    ({ kind, status }) =>
      (kind === 'logout' && status === 204) || (kind === 'refresh' && status === 401),
  );
  return operations.filter(accepted).flatMap((each): Found[] => {
    const passed = revocations.find(
      ({ kind, at, answeredMs }) =>
        each.sentMs > answeredMs + (kind === 'logout' && at === each.at ? 0 : boundMs),
    );
    if (!passed) return [];
    const late = Math.round(each.sentMs - passed.answeredMs);
    return [{ rule: 'accepted too late', text: `${told(each)}, ${late} ms after ${told(passed)}` }];
  });
}

/** The refresh tokens of a session are a chain: each has one successor and one predecessor. */
function forks(operations: readonly Operation[]): Found[] {
  const found: Found[] = [];
  const after = new Map<string, string>();
  const before = new Map<string, string>();
  for (const { kind, presented, given } of operations) {
    if (kind !== 'refresh' || presented === undefined || given === undefined) continue;
    if ((after.get(presented) ?? given) !== given || (before.get(given) ?? presented) !== presented)
      found.push({ rule: 'two successors', text: `${presented} has ${given} beside another one` });
    after.set(presented, given);
    before.set(given, presented);
  }
  return found;
}

/**
 * Acknowledged sessions survive: a session is refused only after a request to end it, or after one of its tokens was
 * used twice with different keys, or after its successor was issued, which looks like theft.
 */
function losses(operations: readonly Operation[]): Found[] {
  const endedFromMs = Math.min(
    ...operations.filter(({ kind }) => kind === 'logout').map(({ sentMs }) => sentMs),
    ...secondUses(operations),
  );
  return operations
    .filter(
      ({ kind, status, answeredMs }) =>
        kind !== 'logout' && status === 401 && answeredMs < endedFromMs,
    )
    .map((each) => ({ rule: 'lost', text: `${told(each)}, and nothing had ended the session` }));
}

/** When each use was sent that looks like theft. */
function secondUses(operations: readonly Operation[]): number[] {
  const refreshes = operations
    .filter(({ kind }) => kind === 'refresh')
    .sort((a, b) => a.sentMs - b.sentMs);
  const firstKey = new Map<string, string | undefined>();
  return refreshes.flatMap(({ presented, key, sentMs }) => {
    if (presented === undefined) return [];
    const isFirst = !firstKey.has(presented);
    if (isFirst) firstKey.set(presented, key);
    return isFirst || (key !== undefined && firstKey.get(presented) === key) ? [] : [sentMs];
  });
}

function told({ kind, at, status, sentMs, answeredMs }: Operation): string {
  const [from, to] = [Math.round(sentMs), Math.round(answeredMs)];
  return `${kind} at ${at}, sent ${from}, answered ${to} with ${status}`;
}
