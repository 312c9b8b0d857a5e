/** The type of each option, or its allowed values. */
const KINDS: Readonly<Record<string, string>> = {
  baseUrl: 'string',
  prefix: 'string',
  transport: 'cookie|hybrid|bearer',
  store: 'object',
  refreshAheadMs: 'number',
  fetch: 'function',
};

/**
 * Checks options like the server's schema, but in few bytes: throws one line that names the option and the cure, never
 * a value.
 */
export function assertOptions(options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const kind = KINDS[name];
    const isGood =
      value === undefined ||
      kind?.split('|').some((each) => each === typeof value || each === value);
    if (!kind || !isGood || (value as number) < 0)
      throw new TypeError(
        `${name}: ${kind ? `must be ${kind}` : `is not one of ${Object.keys(KINDS).join()}`}`,
      );
  }
}
