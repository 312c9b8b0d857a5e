/** The result of `work`, or undefined if the browser forbids it (in some frames, or with blocked storage). */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // undefined
  }
}

/**
 * In a browser, clients share cookies. Node has channels and locks too, but every client there has a session of its
 * own.
 */
export function isBrowser(): boolean {
  return 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
}

const siteOf = ({ protocol, hostname }: Pick<URL, 'protocol' | 'hostname'>): string =>
  protocol + hostname.split('.').slice(-2).join();

/**
 * Another scheme, or other last two labels of the host name, means another site, whose cookies the browser does not
 * keep.
 */
export function isElsewhere(url: string): unknown {
  const { location } = globalThis;
  return location && siteOf(location) !== siteOf(new URL(url));
}
