/** Whether a URL is one of the AuthController's, wherever the host mounted it. */
export function isOwnPath(url: string, prefix: string): boolean {
  return url.includes(`/${prefix}/`);
}
