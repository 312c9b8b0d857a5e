import { z } from 'zod';
import { flag, group } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';

const NEST = [
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
];
const RETURNED = 'it belongs in what useFactory, useClass or useExisting returns';
const nestShape = Object.fromEntries(NEST.map((name) => [name, z.unknown().optional()]));

export const BESIDE =
  'it belongs next to useFactory, useClass or useExisting, not in what they return';

/** Part of the synchronous shape of every module. */
export const isGlobal = flag().optional();

/** The same sentence for each path. */
export function all(paths: readonly string[], says: string): Readonly<Record<string, string>> {
  return Object.fromEntries(paths.map((each) => [each, says]));
}

export function without(paths: readonly string[], others: readonly string[]): readonly string[] {
  return paths.filter((each) => !others.includes(each));
}

/**
 * Checks the object given to a module's `…Async` method. `shape`: the members allowed beside Nest's own; `returned`:
 * the paths of the members that the factory returns; `elsewhere`: the error text for other names. Throws
 * `configuration_invalid`.
 */
export function assertAsync(
  of: string,
  given: unknown,
  shape: z.core.$ZodLooseShape,
  returned: readonly string[],
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  const schema = group({ ...nestShape, ...shape }).refine(
    (options) =>
      ['useFactory', 'useClass', 'useExisting'].filter((name) => options[name] !== undefined)
        .length === 1,
    'takes one of useFactory, useClass and useExisting',
  );
  readOptions(schema, given, { of, elsewhere: { ...all(returned, RETURNED), ...elsewhere } });
}
