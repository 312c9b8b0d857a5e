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
