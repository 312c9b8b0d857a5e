import { client } from './client.js';

/** A refusal of the demo's own routes; the client's `AuthClientError` is that of the sign-in routes. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly status: number,
    message: string,
    /** `proof_too_old`: the password has to be given again (RFC 9470). */
    readonly kind: 'refused' | 'proof_too_old',
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(message);
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The answer's JSON; undefined for 204. @throws CallError */
export async function call<T>(method: Method, path: string, body?: object): Promise<T> {
  const init: RequestInit = { method };
  if (body) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const response = await client.fetch(path, init);
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  const challenge = response.headers.get('www-authenticate') ?? '';
  throw new CallError(
    response.status,
    message ?? response.statusText,
    challenge.includes('insufficient_user_authentication') ? 'proof_too_old' : 'refused',
    Number(response.headers.get('retry-after')) || undefined,
  );
}
