import { Redis } from 'ioredis';

/** Sends one command on its own connection. */
export async function redisCommand(
  url: string,
  name: string,
  ...words: string[]
): Promise<unknown> {
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  client.on('error', () => undefined);
  try {
    return await client.call(name, ...words);
  } finally {
    client.disconnect();
  }
}
