/** The cookies of one request, with those that were set since. */
export interface RequestCookies {
  /** As a `Cookie` header. */
  header(): string;
  has(name: string): boolean;
  /** Undefined if there are two of the name: a sibling subdomain may have planted one. */
  only(name: string): string | undefined;
  /** Takes over `Set-Cookie` lines of an answer. */
  keep(lines: readonly string[]): void;
  /** Every line that was kept, in order. */
  readonly setCookies: readonly string[];
}

export function requestCookies(header: string): RequestCookies {
  const jar = cookiesOf(header);
  const setCookies: string[] = [];
  return {
    header: () =>
      [...jar].flatMap(([name, values]) => values.map((value) => `${name}=${value}`)).join('; '),
    has: (name) => jar.has(name),
    only(name) {
      const [value, ...others] = jar.get(name) ?? [];
      return others.length === 0 ? value : undefined;
    },
    keep(lines) {
      setCookies.push(...lines);
      for (const line of lines) {
        const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
        if (value) jar.set(name, [value]);
        else jar.delete(name);
      }
    },
    setCookies,
  };
}

/** Names and values as they came, and as often: nothing is decoded, so that nothing changes on its way. */
function cookiesOf(header: string): Map<string, readonly string[]> {
  const jar = new Map<string, readonly string[]>();
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0) jar.set(name, [...(jar.get(name) ?? []), pair.slice(at + 1).trim()]);
  }
  return jar;
}
