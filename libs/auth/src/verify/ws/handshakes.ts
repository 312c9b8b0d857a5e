import type { INestApplicationContext } from '@nestjs/common';
import { type Handshake, LiveSockets } from './live-sockets.service.js';

const REFUSAL = 'Cross-origin request refused';

/**
 * `verifyClient` of ws: a handshake with a cookie from a foreign `Origin` is answered with 403 before a socket exists
 * (RFC 6455, section 10.2). Pass it to the server in your `WsAdapter`.
 */
export function verifyClient(app: INestApplicationContext) {
  return (
    { req }: { readonly req: Handshake },
    done: (verified: boolean, status?: number, message?: string) => void,
  ): void => {
    if (allows(app, req)) done(true);
    else done(false, 403, REFUSAL);
  };
}

/** `allowRequest` of socket.io: the same. The CORS option of socket.io covers only long polling, not WebSockets. */
export function allowRequest(app: INestApplicationContext) {
  return (handshake: Handshake, done: (problem: string | null, allowed: boolean) => void): void => {
    if (allows(app, handshake)) done(null, true);
    else done(REFUSAL, false);
  };
}

function allows(app: INestApplicationContext, handshake: Handshake): boolean {
  return app.get(LiveSockets, { strict: false }).allows(handshake);
}
