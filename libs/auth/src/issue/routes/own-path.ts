/**
 * Whether a URL belongs to Tokenward's own routes, wherever the host mounted them. Express matches routes in any
 * letter case; Fastify decodes the path first.
 */
export function isOwnPath(url: string, prefix: string): boolean {
  const [path = ''] = url.split('?', 1);
  return decoded(path).toLowerCase().includes(`/${prefix.toLowerCase()}/`);
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
