import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeySightings } from '../../storage/key-sightings.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface KeySightingsSubject {
  /** Empty: no key has been recorded yet. */
  readonly sightings: KeySightings;
}

const YEAR_MS = 365 * 86_400_000;
const MINUTE_MS = 60_000;

const CASES: Readonly<Record<string, (subject: KeySightingsSubject) => Promise<void>>> = {
  'the first keys count as seen long ago, and a later one as new': async ({ sightings }) => {
    const [first, second, later] = [randomUUID(), randomUUID(), randomUUID()];
    const ages = await sightings.see([first, second]);
    assert.ok(Number(ages.get(first)) > YEAR_MS && Number(ages.get(second)) > YEAR_MS);
    const then = await sightings.see([first, later]);
    assert.deepEqual([...then.keys()].sort(), [first, later].sort());
    assert.ok(Number(then.get(first)) > YEAR_MS);
    assert.ok(Number(then.get(later)) >= 0 && Number(then.get(later)) < MINUTE_MS);
  },

  'a known key keeps the time of its first sighting': async ({ sightings }) => {
    const later = randomUUID();
    await sightings.see([randomUUID()]);
    const before = (await sightings.see([later])).get(later);
    const after = (await sightings.see([later])).get(later);
    assert.ok(Number(after) >= Number(before) && Number(after) < MINUTE_MS);
  },

  'processes that start together all find their keys known for long': async ({ sightings }) => {
    const kid = randomUUID();
    const answers = await Promise.all(Array.from({ length: 5 }, () => sightings.see([kid])));
    for (const ages of answers) assert.ok(Number(ages.get(kid)) > YEAR_MS);
  },

  'knows only recorded keys': async ({ sightings }) => {
    const kid = randomUUID();
    assert.equal(await sightings.knows(kid), false);
    await sightings.see([kid]);
    assert.equal(await sightings.knows(kid), true);
    assert.equal(await sightings.knows(randomUUID()), false);
  },
};

/** The requirements on every `KeySightings`. */
export function keySightingsConformance(
  subject: () => KeySightingsSubject | Promise<KeySightingsSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
