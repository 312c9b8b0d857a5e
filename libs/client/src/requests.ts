/** Tokens go to the API alone, whatever address a caller hands in. */
export function isOurs(input: string | URL | Request, baseUrl: string): boolean {
  const page = globalThis.location?.href;
  const url = input instanceof Request ? input.url : String(input);
  return new URL(url, baseUrl || page).origin === new URL(baseUrl || page, page).origin;
}

/** A copy that can be sent; what the caller handed in stays readable. */
export function prepare(input: string | URL | Request, init: RequestInit, baseUrl: string): Request {
  const source =
    input instanceof Request ? input.clone() : new URL(input, baseUrl || globalThis.location?.href);
  return new Request(source, init);
}

export function isSpentBySending(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}

/** A proof of identity that is too old (RFC 9470) is the user's to renew, not the client's. */
export function asksForRefresh(response: Response): boolean {
  const challenge = response.headers.get('www-authenticate') ?? '';
  return response.status === 401 && !challenge.includes('insufficient_user_authentication');
}

/** What stands for a 401 whose cause nobody could find out: it is no refusal. */
export function unavailable(): Response {
  const body = {
    statusCode: 503,
    error: 'Service Unavailable',
    message: 'The session could not be refreshed',
    code: 'unavailable',
  };
  return new Response(JSON.stringify(body), {
    status: 503,
    headers: { 'content-type': 'application/json' },
  });
}
