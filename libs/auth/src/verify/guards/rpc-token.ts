import type { ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../http/adapter.js';

interface NatsHeaders {
  keys?(): readonly string[];
  values?(name: string): unknown;
}

/** What the contexts of Nest's transports have, as far as a token may travel in them. */
interface RpcContext {
  /** gRPC's Metadata. */
  get?(name: string): unknown;
  /** NATS. */
  getHeaders?(): NatsHeaders | undefined;
  /** Kafka and RabbitMQ. */
  getMessage?():
    | { headers?: Record<string, unknown>; properties?: { headers?: Record<string, unknown> } }
    | undefined;
  /** MQTT 5. */
  getPacket?(): { properties?: { userProperties?: Record<string, unknown> } } | undefined;
  /** MCP (@rekog/mcp-nest) over HTTP; undefined over stdio. */
  getRawRequest?(): HttpRequest | undefined;
}

/**
 * The request that carries the token of a remote call. A call of a tool (MCP) came by an HTTP request, with cookies,
 * origin and proof; of all others only the header is known.
 */
export function rpcRequest(context: ExecutionContext): HttpRequest {
  const call = context.switchToRpc().getContext<RpcContext | undefined>();
  const behind = call?.getRawRequest?.();
  if (behind) return behind;
  const authorization = rpcAuthorization(context);
  return { headers: authorization === undefined ? {} : { authorization } };
}

/**
 * The `Authorization` of a remote call: the transport's own header, or, where the transport has none (TCP, Redis), a
 * member `authorization` of the payload. As text, `Bearer …`; undefined when there is none.
 */
export function rpcAuthorization(context: ExecutionContext): string | undefined {
  const rpc = context.switchToRpc();
  const call = rpc.getContext<RpcContext | undefined>();
  // the payload is written by a language model
  if (call?.getRawRequest) return textOf(call.getRawRequest()?.headers.authorization);
  if (call?.getHeaders) return ofNats(call.getHeaders());
  if (call?.getMessage) {
    const message = call.getMessage();
    return named(message?.properties?.headers ?? message?.headers);
  }
  if (call?.getPacket) return named(call.getPacket()?.properties?.userProperties);
  if (typeof call?.get === 'function') return textOf(call.get('authorization'));
  const data = rpc.getData<unknown>();
  return typeof data === 'object' && data !== null && 'authorization' in data
    ? textOf(data.authorization)
    : undefined;
}

const isName = (name: string): boolean => name.toLowerCase() === 'authorization';

/** Names of headers have no case, but these transports keep the one in which the caller wrote them. */
function named(headers: Readonly<Record<string, unknown>> = {}): string | undefined {
  return textOf(
    Object.keys(headers)
      .filter(isName)
      .map((name) => headers[name]),
  );
}

function ofNats(headers: NatsHeaders | undefined): string | undefined {
  return textOf((headers?.keys?.() ?? []).filter(isName).map((name) => headers?.values?.(name)));
}

/**
 * For transports without headers (TCP, Redis): the payload with the access token beside it, where `JwtAuthGuard` of the
 * called service looks. Over the network of others, and into logs of payloads, it goes as it is: use TLS, and a
 * transport with headers where there is one.
 */
export function withAuthorization<Payload extends object>(
  payload: Payload,
  accessToken: string,
): Payload & { readonly authorization: string } {
  return { ...payload, authorization: `Bearer ${accessToken}` };
}

/** Several values cannot be told apart, so the list is passed on and refused as a whole. */
function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(textOf).join(', ');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : undefined;
}
