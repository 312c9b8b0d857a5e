const HERE = 'https://here.invalid';
const AT_MOST = 2048;
/** Starts with exactly one slash; no control characters, and no backslash, which browsers treat as a slash. */
const PATH = /^\/(?![/\\])[^\\\p{Cc}]*$/u;

/**
 * Where a browser goes after a sign-in: a path of this origin with its query. Anything else becomes `/`, because an
 * open redirect would lend our name to a stranger's page. The fragment is dropped: the answer needs it.
 */
export function returnPath(wanted: string | null | undefined): string {
  if (!wanted || wanted.length > AT_MOST || !PATH.test(wanted)) return '/';
  const { origin, pathname, search } = new URL(wanted, HERE);
  // checked again: `/.//evil.example` has become `//evil.example`, and a proxy behind us may decode the rest
  const path = pathname + search;
  const isPath = origin === HERE && PATH.test(pathname) && PATH.test(decoded(pathname));
  // the URL parser may have made it longer than the cookie has room for
  return isPath && path.length <= AT_MOST ? path : '/';
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return '';
  }
}
