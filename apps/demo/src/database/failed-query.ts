import { DrizzleQueryError } from 'drizzle-orm';

/** The SQLSTATE or system code of a failed query, or that none came; undefined for any other error. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof DrizzleQueryError)) return undefined;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'the database did not answer';
}

/**
 * A failed query without its values, in its place: Drizzle's message has all of them, and the driver's detail has some,
 * such as keys and hashes of passwords. Whoever catches it may print it.
 */
export function withoutValues(error: unknown): unknown {
  const state = stateOf(error);
  return state === undefined
    ? error
    : Object.assign(new Error(`a query of the demo failed: ${state}`), { code: state });
}

/** For work at the start, whose errors are printed. */
export function tellingNoValues<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw withoutValues(error);
  });
}
