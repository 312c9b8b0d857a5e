import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RefreshSecretsStore } from '../../storage/refresh-secrets.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface RefreshSecretsSubject {
  /** Empty: no secret has been made yet. */
  readonly secrets: RefreshSecretsStore;
  /** Lets the given time pass for the store: moves a clock, or waits. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

const LEAD_MS = 100;
const LONG_MS = 86_400_000;

const candidate = (): string =>
  `${randomBytes(6).toString('base64url')}:${randomBytes(32).toString('base64url')}`;

const CASES: Readonly<Record<string, (subject: RefreshSecretsSubject) => Promise<void>>> = {
  'keeps the first candidate, and ignores later ones': async ({ secrets }) => {
    const first = candidate();
    assert.deepEqual(await secrets.loadOrCreate(first), [first]);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [first]);
  },

  'processes that start together agree on one secret': async ({ secrets }) => {
    const rings = await Promise.all(
      Array.from({ length: 5 }, () => secrets.loadOrCreate(candidate())),
    );
    assert.equal(new Set(rings.map((ring) => ring.join())).size, 1);
    assert.equal(rings[0]?.length, 1);
  },

  'a rotated secret is known before it mints, and the previous one stays': async ({
    secrets,
    pass,
  }) => {
    if (!secrets.rotate) return;
    const [first, next] = [candidate(), candidate()];
    await secrets.loadOrCreate(first);
    await secrets.rotate(next, LEAD_MS, LONG_MS);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [first, next]);
    await pass(LEAD_MS + 50);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [next, first]);
  },

  'a rotation removes secrets that stopped minting longer ago than the given time': async ({
    secrets,
    pass,
  }) => {
    if (!secrets.rotate) return;
    const [first, second, third] = [candidate(), candidate(), candidate()];
    await secrets.loadOrCreate(first);
    await pass(10);
    await secrets.rotate(second, 0, LONG_MS);
    await pass(LEAD_MS);
    await secrets.rotate(third, LONG_MS, LEAD_MS / 2);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [second, third]);
  },
};

/** The requirements on every `RefreshSecretsStore`. The cases of `rotate` are for stores that have it. */
export function refreshSecretsConformance(
  subject: () => RefreshSecretsSubject | Promise<RefreshSecretsSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
