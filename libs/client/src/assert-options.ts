/** The type of each, or what it may be. */
const KINDS: Readonly<Record<string, string>> = {
  baseUrl: 'string',
  prefix: 'string',
  transport: 'cookie|hybrid|bearer',
  store: 'object',
  refreshAheadMs: 'number',
  fetch: 'function',
};

/** As the server's schema does, in the few bytes that a page has: one line that names the option and the cure, never a value. */
export function assertOptions(options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const kind = KINDS[name];
    const good = kind?.split('|').some((each) => each === typeof value || each === value);
    if (value === undefined ? kind : good && !((value as number) < 0)) continue;
    const known = Object.keys(KINDS);
    // a page has no bytes for more
    const near = known.find((each) => name.toLowerCase().includes(each.slice(0, 3)));
    throw new TypeError(
      `${name}: ${kind ? `must be ${kind}` : `is not an option; did you mean ${near ?? known.join()}?`}`,
    );
  }
}
