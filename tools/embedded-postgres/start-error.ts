/**
 * A start that cannot go on. The message is one line, names the cure and holds no secret; the entry point prints it
 * alone and exits 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * The `code` of a system error (`EACCES`, …), if it has one. Not by `instanceof`: errors of Node itself may come from
 * another realm.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
