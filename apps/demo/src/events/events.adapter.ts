import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { verifyClient } from '@tokenward/nestjs/ws';

/** Plain WebSockets with `{"type": …}` messages. Handshakes from foreign pages are refused. */
export class EventsAdapter extends WsAdapter {
  constructor(private readonly host: INestApplication) {
    super(host, { messageParser: parseMessage });
  }

  override create(port: number, options: Record<string, unknown> = {}): unknown {
    return super.create(port, { ...options, verifyClient: verifyClient(this.host) });
  }
}

/** Other messages are silently dropped. */
export function parseMessage(data: unknown): { event: string; data: unknown } | undefined {
  try {
    const message = JSON.parse(String(data)) as { type?: unknown } | null;
    if (typeof message?.type === 'string') return { event: message.type, data: message };
  } catch {
    // not JSON
  }
  return undefined;
}
