/** How Express (`json`, which calls `send`) and Fastify (`send`) answer. */
export interface AnsweringResponse {
  readonly statusCode: number;
  send(payload?: unknown): unknown;
  json?(payload: unknown): unknown;
  header?(name: string, value: string): unknown;
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
    return answer(response, body);
  };
  response.send = sealed(send);
  if (json) response.json = sealed(json);
}

/**
 * Past what a middleware of the host put in place of `json` and `send` (Express), and past hooks that turn payloads (Fastify asks
 * `preSerialization` for no text): an envelope, or a log of tokens.
 */
function answer(response: AnsweringResponse, body: unknown): unknown {
  const plain = Object.getPrototypeOf(response) as Partial<AnsweringResponse>;
  const send = plain.send ?? response.send;
  if (body === undefined) return send.call(response);
  if (!response.json) {
    response.header?.('content-type', 'application/json; charset=utf-8');
    return send.call(response, JSON.stringify(body));
  }
  response.send = send;
  return (plain.json ?? response.json).call(response, body);
}
