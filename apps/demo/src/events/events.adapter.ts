import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { LiveSockets } from '@tokenward/nestjs';

type Verify = (verified: boolean, status?: number, message?: string) => void;

/** Plain WebSockets with `{"type": …}` messages, and handshakes from foreign pages refused before they are answered. */
export class EventsAdapter extends WsAdapter {
  constructor(private readonly host: INestApplication) {
    super(host, { messageParser: parseMessage });
  }

  override create(port: number, options: Record<string, unknown> = {}): unknown {
    const verifyClient = ({ req }: { req: IncomingMessage }, done: Verify): void => {
      if (this.host.get(LiveSockets, { strict: false }).allows(req)) done(true);
      else done(false, 403, 'Cross-origin request refused');
    };
    return super.create(port, { ...options, verifyClient });
  }
}

/** What is no message of ours is dropped without a word. */
function parseMessage(data: unknown): { event: string; data: unknown } | undefined {
  try {
    const message = JSON.parse(String(data)) as { type?: unknown } | null;
    if (typeof message?.type === 'string') return { event: message.type, data: message };
  } catch {
    // not JSON
  }
  return undefined;
}
