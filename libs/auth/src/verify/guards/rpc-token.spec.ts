import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { rpcAuthorization, rpcRequest } from './rpc-token.js';

const call = (context: object): ExecutionContext =>
  ({
    switchToRpc: () => ({ getContext: () => context, getData: () => ({}) }),
  }) as unknown as ExecutionContext;

/** As nats.js has it: names are compared in the case in which they were set. */
function nats(...pairs: readonly (readonly [string, string])[]): object {
  const values = (name: string): string[] =>
    pairs.filter(([each]) => each === name).map(([, value]) => value);
  const headers = {
    get: (name: string) => values(name)[0] ?? '',
    values,
    keys: () => [...new Set(pairs.map(([name]) => name))],
  };
  return { getHeaders: () => headers };
}

const kafka = (headers: object) => ({ getMessage: () => ({ headers }) });
const rabbit = (headers: object) => ({ getMessage: () => ({ properties: { headers } }) });
const mqtt = (userProperties: object) => ({
  getPacket: () => ({ properties: { userProperties } }),
});

describe('the Authorization of a remote call', () => {
  it.each<[string, object]>([
    ['NATS', nats(['Authorization', 'Bearer t'])],
    ['Kafka', kafka({ Authorization: Buffer.from('Bearer t') })],
    ['RabbitMQ', rabbit({ AUTHORIZATION: 'Bearer t' })],
    ['MQTT 5', mqtt({ Authorization: 'Bearer t' })],
  ])('%s: is read in whatever case the caller wrote its name', (_, context) => {
    expect(rpcAuthorization(call(context))).toBe('Bearer t');
  });

  it.each<[string, object]>([
    ['NATS', nats(['Authorization', 'Bearer t'], ['authorization', 'Bearer other'])],
    ['NATS, twice', nats(['authorization', 'Bearer t'], ['authorization', 'Bearer other'])],
    ['Kafka', kafka({ Authorization: 'Bearer t', authorization: 'Bearer other' })],
    ['RabbitMQ', rabbit({ authorization: ['Bearer t', 'Bearer other'] })],
  ])('%s: several are passed on together, and so refused', (_, context) => {
    expect(rpcAuthorization(call(context))).toBe('Bearer t, Bearer other');
  });

  it('MCP: is that of the HTTP request, and never one among the arguments of a tool', () => {
    const tool = (request?: object): ExecutionContext =>
      ({
        switchToRpc: () => ({
          getContext: () => ({ getRawRequest: () => request }),
          getData: () => ({ authorization: 'Bearer of the model' }),
        }),
      }) as unknown as ExecutionContext;
    const request = { headers: { authorization: 'Bearer t', cookie: 'access_token=c' } };
    expect(rpcAuthorization(tool(request))).toBe('Bearer t');
    // with its cookies and its proof
    expect(rpcRequest(tool(request))).toBe(request);
    expect(rpcAuthorization(tool({ headers: {} }))).toBeUndefined();
    // stdio
    expect(rpcRequest(tool())).toEqual({ headers: {} });
  });

  it('is undefined without one, also in an event without headers', () => {
    const without = [
      nats(),
      { getHeaders: () => undefined },
      kafka({}),
      rabbit({ other: 'x' }),
      mqtt({}),
    ];
    for (const context of without) expect(rpcAuthorization(call(context))).toBeUndefined();
  });
});
