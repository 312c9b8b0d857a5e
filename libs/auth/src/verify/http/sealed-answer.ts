import { type HttpResponse, setHeader } from './adapter.js';

/** How Express (`json`, which calls `send`) and Fastify (`send`) answer. */
export interface AnsweringResponse {
  readonly statusCode: number;
  getHeader?(name: string): unknown;
  send(payload?: unknown): unknown;
  json?(payload: unknown): unknown;
  header?(name: string, value: string): unknown;
}

/**
 * Sends `body` instead of whatever Nest sends on this response, if that is a success. So an interceptor of the host
 * cannot change the answer, nor let a cache keep it, but an error that it throws is sent.
 */
export function sealAnswer(response: AnsweringResponse & HttpResponse, body: unknown): void {
  const { send, json } = response;
  const caching = response.getHeader?.('Cache-Control');
  const sealed = (given: (payload: unknown) => unknown) => (payload: unknown) => {
    response.send = send;
    if (json) response.json = json;
    if (response.statusCode >= 400) return given.call(response, payload);
    if (caching !== undefined) setHeader(response, 'Cache-Control', String(caching));
    return answer(response, body);
  };
  response.send = sealed(send);
  if (json) response.json = sealed(json);
}

/**
 * Bypasses a middleware that replaced `json` and `send` (Express), and hooks that change payloads (Fastify does not
 * call `preSerialization` for text), so that they cannot wrap the answer or log tokens.
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
