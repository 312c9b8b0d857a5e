import assert from 'node:assert/strict';

/**
 * One requirement on every implementation of a port. It needs no test framework: `for (const { name, run } of cases)
 * it(name, run)`.
 */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects with an `AssertionError` of `node:assert`. */
  readonly run: () => Promise<void>;
}

/** Binds a table of cases to a function that makes the subject, and is called for each case. */
export function casesFor<T>(
  table: Readonly<Record<string, (subject: T) => Promise<void>>>,
  subject: () => T | Promise<T>,
): readonly ConformanceCase[] {
  return Object.entries(table).map(([name, check]) => ({
    name,
    run: async () => check(await subject()),
  }));
}

/** Compares only the members that `expected` has. A list must have as many items as `expected`. */
export function assertHolds(actual: unknown, expected: object): void {
  assert.ok(typeof actual === 'object' && actual !== null, 'there is nothing to compare');
  if (Array.isArray(expected)) assert.equal(Reflect.get(actual, 'length'), expected.length);
  for (const [name, value] of Object.entries(expected)) {
    const found: unknown = Reflect.get(actual, name);
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (nested) assertHolds(found, value as object);
    else assert.deepEqual(found, value, `${name} is another`);
  }
}
