/** The characters of a URI (RFC 3986, section 2). The URL parser would silently change or drop others. */
const URI = /^(?:https?|wss?):\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/i;
const ESCAPE = /%([\da-f]{2})/gi;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i;

/**
 * Scheme, authority and path, normalised by RFC 3986 (sections 6.2.2 and 6.2.3: case, default port,
 * dot segments, needless escapes), without query and fragment (RFC 9449, section 4.3). `ws` and
 * `wss` become the scheme of their handshake. Undefined for a text that is not such a URI.
 */
export function targetUri(text: string): string | undefined {
  if (!URI.test(text) || BROKEN_ESCAPE.test(text)) return undefined;
  const escaped = text
    .replace(/[?#].*$/, '')
    .replace(/^ws/i, 'http')
    .replace(ESCAPE, (escape, hex: string) => {
      const character = String.fromCharCode(parseInt(hex, 16));
      return UNRESERVED.test(character) ? character : escape.toUpperCase();
    });
  if (!URL.canParse(escaped)) return undefined;
  const { origin, pathname, username, password } = new URL(escaped);
  return username || password ? undefined : origin + pathname;
}
