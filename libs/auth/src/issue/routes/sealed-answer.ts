/** How Express (`json`, which calls `send`) and Fastify (`send`) answer. */
export interface AnsweringResponse {
  readonly statusCode: number;
  send(payload?: unknown): unknown;
  json?(payload: unknown): unknown;
}

/**
 * Sends `body` in place of whatever Nest sends on this response, as long as that is a success: what an interceptor of the host
 * made of the answer is not sent, an error that it threw is.
 */
export function sealAnswer(response: AnsweringResponse, body: unknown): void {
  const { send, json } = response;
  const sealed = (given: (payload: unknown) => unknown) => (payload: unknown) => {
    response.send = send;
    if (json) response.json = json;
    if (response.statusCode >= 400) return given.call(response, payload);
    const own = body !== undefined && json ? json : send;
    return own.call(response, body);
  };
  response.send = sealed(send);
  if (json) response.json = sealed(json);
}
