import type { Readable } from 'node:stream';

/**
 * Whether a body in chunks has any bytes, told by the first of them, which stay in the stream for whoever reads the
 * body. A request that is cut short has some: it must not be taken for a whole one without a body, which would spend
 * the token of a cookie for nobody. How long they may take is for the timeouts of the server, as for every body.
 */
export function hasBytes(stream: Readable): Promise<boolean> {
  if (stream.readableEnded || stream.destroyed) return Promise.resolve(!stream.readableEnded);
  return new Promise((resolve) => {
    stream.once('readable', () => {
      const chunk: unknown = stream.read();
      if (chunk !== null) stream.unshift(chunk);
      resolve(chunk !== null);
    });
    stream.once('close', () => resolve(!stream.readableEnded));
  });
}
