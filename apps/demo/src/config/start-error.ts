/** A start that cannot go on. The message is one line, names the cure and holds no secret; the entry point prints it alone and exits 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The `code` of a system error (`EACCES`, …), if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
