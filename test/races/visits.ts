import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { REFRESHERS, type Outcome, type Racers, type RaceSession } from './racers.js';

const eight = (token: string): string[] => Array.from({ length: REFRESHERS }, () => token);
const isRefused = (outcome: Outcome): boolean => outcome.kind === 'refused';

/**
 * With leeway: in each round all eight present the newest token, or all the previous one. None is two generations
 * behind, so by the contract none may be refused, whichever process dies meanwhile.
 */
export async function inStep(racers: Racers, session: RaceSession): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const sinceMs = performance.now();
    const tokens = eight(session.current);
    const outcomes = await racers.presentAll(tokens);
    racers.advance(session, outcomes);
    if (!outcomes.some(isRefused) && randomInt(2) === 0) {
      tokens.splice(0, REFRESHERS, ...eight(session.previous ?? session.current));
      outcomes.push(...(await racers.presentAll(tokens)));
    }
    if (!outcomes.some(isRefused)) continue;
    await racers.judge(session, [], sinceMs);
    return racers.reopen(session);
  }
}

/**
 * With leeway: each randomly uses the newest token or the previous one. A client that is overtaken commits a reuse, and
 * no other reuse may occur.
 */
export async function careless(racers: Racers, session: RaceSession): Promise<void> {
  const sinceMs = performance.now();
  // from an earlier visit, and perhaps outside the leeway by now
  session.previous = undefined;
  for (let round = 0; round < 3; round++) {
    const seen = [session.current, ...(session.previous ? [session.previous] : [])];
    const tokens = Array.from({ length: REFRESHERS }, () => seen[randomInt(seen.length)] as string);
    const outcomes = await Promise.all(
      tokens.map(async (token, index) => {
        await delay(randomInt(5));
        return racers.present(token, index % 2);
      }),
    );
    racers.advance(session, outcomes);
    const spent = tokens.filter((_, index) => isRefused(outcomes[index] as Outcome));
    if (spent.length === 0) continue;
    await racers.judge(session, spent, sinceMs);
    return racers.reopen(session);
  }
}

/**
 * Without leeway: a few refreshes one at a time, which must all succeed, then eight at once, of which at most one may
 * succeed.
 */
export async function withoutLeeway(racers: Racers, session: RaceSession): Promise<void> {
  for (let alone = randomInt(4); alone > 0; alone--) {
    const outcome = await racers.present(session.current, randomInt(2));
    racers.advance(session, [outcome]);
    if (outcome.kind === 'successor') continue;
    if (outcome.history === 'certain')
      racers.book.violation(session.current, 'was refused at its first use');
    else racers.counts.lostForGood++;
    await racers.expectDead(session);
    return racers.reopen(session);
  }
  const tokens = eight(session.current);
  if (session.previous && randomInt(3) === 0) tokens[randomInt(REFRESHERS)] = session.previous;
  const outcomes = await racers.presentAll(tokens);
  racers.advance(session, outcomes);
  if (outcomes.filter(isRefused).length >= REFRESHERS - 1) racers.counts.reuses++;
  else racers.book.violation(session.current, 'was accepted more than once in one round');
  await racers.expectDead(session);
  await racers.reopen(session);
}
