import type { IncomingMessage } from 'node:http';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { Public } from '@tokenward/nestjs';
import { LiveSockets } from '@tokenward/nestjs/ws';
import { closeWebSocket } from '@tokenward/nestjs/ws';
import type { WebSocket } from 'ws';
import { EventFeed } from './event-feed.service.js';

const GOING_AWAY = 1001;
const OPEN = 1;
/** Half of what proxies commonly allow an idle connection. */
const PING_EVERY_MS = 30_000;

interface Visitor {
  stop?: () => void;
  silent: boolean;
}

/**
 * `WS /events`: the caller's own events as they happen. Nothing is sent before a token is accepted or after it is
 * refused.
 */
@WebSocketGateway({ path: '/events', maxPayload: 16 * 1024 })
export class EventsGateway
  implements
    OnGatewayConnection<WebSocket>,
    OnGatewayDisconnect<WebSocket>,
    BeforeApplicationShutdown
{
  private readonly visitors = new Map<WebSocket, Visitor>();
  private readonly pings: NodeJS.Timeout;

  constructor(
    private readonly sockets: LiveSockets,
    private readonly feed: EventFeed,
  ) {
    this.pings = setInterval(() => {
      this.ping();
    }, PING_EVERY_MS).unref();
  }

  async handleConnection(client: WebSocket, handshake: IncomingMessage): Promise<void> {
    const visitor: Visitor = { silent: false };
    this.visitors.set(client, visitor);
    client.on('pong', () => (visitor.silent = false));
    const close = closeWebSocket(client);
    const standing = await this.sockets.open(client, handshake, (ending) => {
      this.leave(client);
      close(ending);
    });
    if (standing === 'authenticated') this.welcome(client);
  }

  handleDisconnect(client: WebSocket): void {
    this.sockets.closed(client);
    this.leave(client);
  }

  /** The first message, or a fresh token. */
  @Public()
  @SubscribeMessage('auth')
  async auth(
    @ConnectedSocket() client: WebSocket,
    @MessageBody() message: { token?: unknown; proof?: unknown },
  ): Promise<void> {
    if ((await this.sockets.present(client, message.token, message.proof)) === 'authenticated')
      this.welcome(client);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.pings);
    for (const client of this.visitors.keys()) client.close(GOING_AWAY, 'restarting');
  }

  private welcome(client: WebSocket): void {
    const principal = this.sockets.principalOf(client);
    const visitor = this.visitors.get(client);
    if (!principal || !visitor) return;
    const { id, sessionId, expiresAt } = principal;
    send(client, { type: 'ready', sessionId, expiresAt: new Date(expiresAt * 1000).toISOString() });
    if (visitor.stop) return;
    send(client, { type: 'history', events: this.feed.historyOf(id) });
    visitor.stop = this.feed.follow(id, (event) => {
      send(client, { type: 'event', event });
    });
  }

  private leave(client: WebSocket): void {
    this.visitors.get(client)?.stop?.();
    this.visitors.delete(client);
  }

  private ping(): void {
    for (const [client, visitor] of this.visitors) {
      if (visitor.silent) client.terminate();
      else client.ping();
      visitor.silent = true;
    }
  }
}

function send(client: WebSocket, message: object): void {
  if (client.readyState === OPEN) client.send(JSON.stringify(message));
}
