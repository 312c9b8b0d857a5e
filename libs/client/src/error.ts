interface Refusal {
  readonly status: number;
  /** `Retry-After`, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** Stable, for `switch`: `login_refused`, `too_many_attempts`, `reauthentication_required` … */
  readonly code?: string | undefined;
}

/** A refusal by the server. `status`, `message` and `code` come from the server. */
export class AuthClientError extends Error implements Refusal {
  declare readonly status: number;
  declare readonly retryAfterSeconds?: number | undefined;
  declare readonly code?: string | undefined;

  constructor(status: number, message: string, retryAfterSeconds?: number, code?: string) {
    super(message);
    Object.assign(this, { name: 'AuthClientError', status, retryAfterSeconds, code });
  }
}

/**
 * The body, if `isOurs` accepts it: the page of a proxy, or an envelope around the answer, must not be taken for the
 * answer.
 */
export async function answerOf<T>(response: Response, isOurs: (body: T) => unknown): Promise<T> {
  const { ok, status, headers } = response;
  const body = ((await response.json().catch(() => undefined)) ?? {}) as T &
    Partial<Record<'message' | 'code', string>>;
  if (ok && isOurs(body)) return body;
  throw new AuthClientError(
    status,
    ok ? `not an answer of Tokenward: ${response.url}` : (body.message ?? response.statusText),
    Number(headers.get('retry-after')) || undefined,
    body.code,
  );
}
