/** Reports what a listener threw, as the platform reports an error that nobody catches. */
export function report(error: unknown): void {
  // Node and React Native have no `reportError`
  // eslint-disable-next-line no-console -- the developer reads it there
  (globalThis.reportError ?? console.error)(error);
}
