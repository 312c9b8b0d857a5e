const numbers = new WeakMap<object, number>();
let numbered = 0;

/**
 * Nest makes the id of a module from the JSON of its providers (`snapshot`, `moduleIdGeneratorAlgorithm: 'deep-hash'`).
 * Pools and tables are circular, so the options name each of these handles by a number there. The same options still
 * have the same id.
 */
export function withJson<Options extends object>(options: Options): Options {
  return Object.defineProperty(options, 'toJSON', { value: () => plainIn(options) });
}

/** `value` without instances of classes. `above`: the objects that contain it. */
function plainIn(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((each) => plainIn(each, within));
  if (Object.getPrototypeOf(value) !== Object.prototype || above.includes(value))
    return `#${String(numberOf(value))}`;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, plainIn(each, within)]),
  );
}

function numberOf(handle: object): number {
  let number = numbers.get(handle);
  if (number === undefined) numbers.set(handle, (number = ++numbered));
  return number;
}
