import type { Server, ServerResponse } from 'node:http';

/**
 * Has every connection end with its next answer, from the call of the returned function on. A stopping server waits for connections that are kept
 * alive, takes further requests on them, and cuts those in the end. To be called before the server listens.
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
    for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  };
}
