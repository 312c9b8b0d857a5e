import type { Server, ServerResponse } from 'node:http';

/**
 * After a call of the returned function, every connection ends with its next answer. Otherwise a stopping server
 * waits for kept-alive connections, takes further requests on them, and finally cuts those off. To be called before
 * the server listens.
 */
export function lastAnswers(server: Server): () => void {
  const underWay = new Set<ServerResponse>();
  let isStopping = false;
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (isStopping) response.setHeader('connection', 'close');
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  return () => {
    isStopping = true;
    for (const response of underWay)
      if (!response.headersSent) response.setHeader('connection', 'close');
  };
}
