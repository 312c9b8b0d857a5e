/**
 * Whether a URL is one of the AuthController's, wherever the host mounted it. Express finds a route in any case, Fastify decodes the path first.
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
