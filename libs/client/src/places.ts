/** Undefined where the browser forbids it: some frames, blocked storage. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Cookies are shared in a browser. Node has channels and locks too, and every client there is a session of its own. */
export function isBrowser(): boolean {
  return 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
}

const siteOf = ({ protocol, hostname }: Pick<URL, 'protocol' | 'hostname'>): string =>
  protocol + hostname.split('.').slice(-2).join();

/** Another scheme, or other last two names of the host: another site, so that the browser keeps no cookie of it. */
export function isElsewhere(url: string): boolean {
  const { location } = globalThis;
  return !!location && siteOf(location) !== siteOf(new URL(url));
}
