/** The server's refusal of a call; `status` and `message` are the server's. */
export class AuthClientError extends Error {
  override readonly name = 'AuthClientError';

  constructor(
    readonly status: number,
    message: string,
    /** Seconds, of `Retry-After`. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

export async function mustSucceed(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  throw new AuthClientError(
    response.status,
    message ?? response.statusText,
    Number(response.headers.get('retry-after')) || undefined,
  );
}

/**
 * The body, where `isOurs` knows it: a proxy's page, or an envelope around the answer, must not pass for tokens that expired.
 */
export async function bodyOf<T>(response: Response, isOurs: (body: T) => boolean): Promise<T> {
  const body = (await response.json().catch(() => undefined)) as T | undefined;
  if (body && isOurs(body)) return body;
  throw new AuthClientError(response.status, `not an answer of Tokenward: ${response.url}`);
}
