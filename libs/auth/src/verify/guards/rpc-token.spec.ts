import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { rpcAuthorization } from './rpc-token.js';

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
