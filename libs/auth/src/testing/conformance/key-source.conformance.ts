import assert from 'node:assert/strict';
import type { KeySource, RotationRequest, SourceJwk } from '../../storage/key-source.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface KeySourceSubject {
  /** Empty if it can make keys (`rotate`), otherwise with at least one signing key. */
  readonly source: KeySource;
}

const LEAD_MS = 3_600_000;
const DAY_MS = 86_400_000;

const request = (changes: Partial<RotationRequest> = {}): RotationRequest => ({
  algorithm: 'ES256',
  leadTimeMs: LEAD_MS,
  revoked: [],
  retainMs: DAY_MS,
  ...changes,
});

/** Asserts what `keyRotation` needs of a source: keys with a kid, each of which can sign or verify. */
async function keysOf(source: KeySource): Promise<readonly SourceJwk[]> {
  const { keys, sign } = await source.load('ES256');
  for (const key of keys) {
    assert.ok(typeof key.kid === 'string' && key.kid.length > 0, 'a key has no kid');
    assert.ok(typeof key.alg === 'string' && key.alg.length > 0, `${key.kid} has no alg`);
    for (const time of [key.nbf, key.iat, key.revoked])
      assert.ok(time === undefined || Number.isFinite(time), `${key.kid}: times are seconds`);
    if (key.nbf !== undefined && key.revoked === undefined)
      assert.ok(key.d ?? key.k ?? sign, `${key.kid} is to sign and cannot`);
  }
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length, 'two keys have the same kid');
  return keys;
}

const usable = (keys: readonly SourceJwk[]): readonly SourceJwk[] =>
  keys.filter(({ revoked }) => revoked === undefined);

const CASES: Readonly<Record<string, (subject: KeySourceSubject) => Promise<void>>> = {
  'has a name for messages': async ({ source }) => {
    assert.ok(source.name.length > 0 && source.name.length <= 100);
    assert.doesNotMatch(source.name, /[\n\r]/);
  },

  'returns the same keys at each reading, each with kid and alg': async ({ source }) => {
    await source.rotate?.(request());
    const keys = await keysOf(source);
    assert.ok(keys.length > 0);
    assert.deepEqual(await keysOf(source), keys);
  },

  'exactly one of many callers makes the first key, and it signs at once': async ({ source }) => {
    if (!source.rotate) return;
    const asked = await Promise.all(Array.from({ length: 6 }, () => source.rotate?.(request())));
    assert.equal(asked.filter((each) => each === 'rotated').length, 1);
    assert.equal(asked.filter((each) => each === 'not_due').length, 5);
    const [key, ...others] = await keysOf(source);
    assert.equal(others.length, 0);
    assert.equal(key?.alg, 'ES256');
    assert.ok((key?.nbf ?? 0) <= Math.ceil(Date.now() / 1000) + 1);
  },

  'makes the next key only when the current one is old enough, and publishes it for its lead time':
    async ({ source }) => {
      if (!source.rotate) return;
      await source.rotate(request());
      const [first] = await keysOf(source);
      assert.equal(await source.rotate(request()), 'not_due');
      assert.equal(await source.rotate(request({ whenOlderThanMs: DAY_MS })), 'not_due');
      assert.equal(await source.rotate(request({ whenOlderThanMs: 0 })), 'rotated');
      const next = (await keysOf(source)).find(({ kid }) => kid !== first?.kid);
      const leadMs = ((next?.nbf ?? 0) - (next?.iat ?? 0)) * 1000;
      assert.ok(
        leadMs >= LEAD_MS - 1000 && leadMs <= LEAD_MS + 1000,
        `published for ${String(leadMs)} ms`,
      );
    },

  'a revoked key is replaced by a new one, which signs at once': async ({ source }) => {
    if (!source.rotate) return;
    await source.rotate(request());
    const [gone] = await keysOf(source);
    const kid = String(gone?.kid);
    assert.equal(await source.rotate(request({ revoked: [kid] })), 'rotated');
    const keys = await keysOf(source);
    const [next, ...others] = usable(keys).filter((each) => each.kid !== kid);
    assert.equal(others.length, 0);
    assert.ok((next?.nbf ?? 0) <= Math.ceil(Date.now() / 1000) + 1);
    assert.ok(
      !usable(keys).some((each) => each.kid === kid && each.d !== undefined),
      'it can still sign',
    );
  },
};

/** The requirements on every `KeySource`. The cases of `rotate` are for sources that make keys. */
export function keySourceConformance(
  subject: () => KeySourceSubject | Promise<KeySourceSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
