/** The cookies that a browser would keep for one host, including Secure ones, as browsers do on loopback. */
export interface CookieJar {
  /** The value by name, whatever its path. */
  get(name: string): string | undefined;
  /** Default path `/`, host only. */
  set(name: string, value: string, path?: string, domain?: string): void;
  delete(name: string): void;
  clear(): void;
  names(): string[];
  copy(): CookieJar;
  /** The Cookie header for a path; undefined if no cookie matches. */
  header(path: string): string | undefined;
  store(setCookies: readonly string[]): void;
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  /** Empty: host only. */
  readonly domain: string;
}

export function cookieJar(entries: readonly Entry[] = []): CookieJar {
  let kept = [...entries];
  // RFC 6265, section 5.3: name, domain and path together are the identity
  const put = (entry: Entry, isGone: boolean) => {
    const isSame = ({ name, path, domain }: Entry) =>
      name === entry.name && path === entry.path && domain === entry.domain;
    kept = kept.filter((each) => !isSame(each));
    if (!isGone) kept.push(entry);
  };
  return {
    get: (name) => kept.find((entry) => entry.name === name)?.value,
    set: (name, value, path = '/', domain = '') => put({ name, value, path, domain }, false),
    delete: (name) => void (kept = kept.filter((entry) => entry.name !== name)),
    clear: () => void (kept = []),
    names: () => kept.map(({ name }) => name),
    copy: () => cookieJar(kept),
    header: (path) =>
      kept
        .filter((entry) => matches(path, entry.path))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ') || undefined,
    store: (setCookies) => {
      for (const line of setCookies) {
        const { name, value, attributes } = parseSetCookie(line);
        const maxAge = attributes['max-age'];
        const expires = attributes['expires'];
        const isGone =
          maxAge !== undefined
            ? Number(maxAge) <= 0
            : expires !== undefined && Date.parse(expires) <= Date.now();
        const { path = '/', domain = '' } = attributes;
        // a leading dot is ignored (section 5.2.3)
        put({ name, value, path, domain: domain.replace(/^\./, '') }, isGone);
      }
    },
  };
}

export interface ParsedSetCookie {
  readonly name: string;
  readonly value: string;
  /** Names are in lower case; flags have an empty value. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** `httponly`, `secure`, `path` … of a Set-Cookie line. */
function parseSetCookie(line: string): ParsedSetCookie {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const split = (text: string): [string, string] => {
    const at = text.indexOf('=');
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  };
  const [name, value] = split(pair);
  const attributes = Object.fromEntries(
    rest.map(split).map(([key, text]) => [key.toLowerCase(), text]),
  );
  return { name, value, attributes };
}

function matches(requestPath: string, cookiePath: string): boolean {
  if (requestPath === cookiePath) return true;
  return requestPath.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}
