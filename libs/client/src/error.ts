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
