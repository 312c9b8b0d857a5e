import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RefreshSecretsStore } from '../../storage/refresh-secrets.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface RefreshSecretsSubject {
  /** Empty: no secret was made yet. */
  readonly secrets: RefreshSecretsStore;
  /** Lets that much of the store's time pass: moves a clock, or waits. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

const LEAD_MS = 100;
const LONG_MS = 86_400_000;

const candidate = (): string =>
  `${randomBytes(6).toString('base64url')}:${randomBytes(32).toString('base64url')}`;

const CASES: Readonly<Record<string, (subject: RefreshSecretsSubject) => Promise<void>>> = {
  'keeps the first candidate, whatever is offered later': async ({ secrets }) => {
    const first = candidate();
    assert.deepEqual(await secrets.loadOrCreate(first), [first]);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [first]);
  },

  'processes that start together agree on one secret': async ({ secrets }) => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => secrets.loadOrCreate(candidate())));
    assert.equal(new Set(rings.map((ring) => ring.join())).size, 1);
    assert.equal(rings[0]?.length, 1);
  },

  'a rotation is known before it mints, and the one before stays': async ({ secrets, pass }) => {
    if (!secrets.rotate) return;
    const [first, next] = [candidate(), candidate()];
    await secrets.loadOrCreate(first);
    await secrets.rotate(next, LEAD_MS, LONG_MS);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [first, next]);
    await pass(LEAD_MS + 50);
    assert.deepEqual(await secrets.loadOrCreate(candidate()), [next, first]);
  },

  'a rotation forgets what stopped minting longer ago than asked': async ({ secrets, pass }) => {
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

/** What every `RefreshSecretsStore` must do; the cases of `rotate` are for stores that have it. */
export function refreshSecretsConformance(
  subject: () => RefreshSecretsSubject | Promise<RefreshSecretsSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
