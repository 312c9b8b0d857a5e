const HERE = 'https://here.invalid';
const AT_MOST = 2048;
/** One slash, no control character, no backslash: browsers take that for a slash. */
const PATH = /^\/(?![/\\])[^\\\p{Cc}]*$/u;

/**
 * Where a browser goes after a sign-in: a path of this origin with its query; `/` for whatever else was asked for (an open redirect lends our name to
 * somebody else's page). The fragment is left out: it is for the answer.
 */
export function returnPath(wanted: string | null | undefined): string {
  if (!wanted || wanted.length > AT_MOST || !PATH.test(wanted)) return '/';
  const { origin, pathname, search } = new URL(wanted, HERE);
  // once more: `/.//evil.example` is `//evil.example` by now, and somebody behind us may decode
  const path = pathname + search;
  const isPath = origin === HERE && PATH.test(pathname) && PATH.test(decoded(pathname));
  // it may have grown: the cookie that keeps it has no more room
  return isPath && path.length <= AT_MOST ? path : '/';
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return '';
  }
}
