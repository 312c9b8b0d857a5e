import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Controller, Get, type INestApplication, type Type, UseGuards } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { JwtAuthGuard } from '@tokenward/nestjs';
import { withAuthorization } from '@tokenward/nestjs/microservices';
import { closeWebSocket, LiveSockets, verifyClient } from '@tokenward/nestjs/ws';
import { firstValueFrom } from 'rxjs';
import type { WebSocket } from 'ws';
import { ForeignIssuer } from './support/foreign-issuer.js';
import { heldRoutes } from './support/held-routes.js';
import { type ContextHost, startContext } from './support/contexts.js';
import { hostDatabase, type HostDatabase, people } from './support/host-app.js';
import { httpClient } from './support/http.js';
import { freePort } from './support/redis-server.mjs';
import { openSocket } from './support/sockets.js';
import { bearer } from './support/stage.js';
import { NAMED, OTHER, TRUSTED, trustingRows } from './support/trusting-routes.js';
import { until } from './support/until.js';

const NAMES = heldRoutes().map(([name]) => name);

/** Each row made anew with a handler of that transport, which no other row has. */
function rowsOf(
  entry: (name: string) => MethodDecorator,
  of: (name: string) => ClassDecorator,
): Type[] {
  return NAMES.map((_, index) => {
    const name = `r${String(index)}`;
    const [, row] = heldRoutes(() => entry(name))[index] as ReturnType<typeof heldRoutes>[number];
    of(name)(row);
    return row;
  });
}

function trusting(entry: (name: string) => MethodDecorator, of: ClassDecorator): Type[] {
  const rows = trustingRows(entry);
  rows.forEach((row) => of(row));
  return rows;
}

/** What opens and closes the sockets of all of them. */
@WebSocketGateway({ path: '/events' })
class Sockets {
  constructor(private readonly sockets: LiveSockets) {}

  handleConnection(client: WebSocket, handshake: IncomingMessage) {
    return this.sockets.open(client, handshake, closeWebSocket(client));
  }
  handleDisconnect(client: WebSocket): void {
    this.sockets.closed(client);
  }
}

class Adapter extends WsAdapter {
  constructor(private readonly host: INestApplication) {
    super(host, {
      messageParser: (data) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        return { event: type, data: {} };
      },
    });
  }
  override create(port: number, options: Record<string, unknown> = {}): unknown {
    return super.create(port, { ...options, verifyClient: verifyClient(this.host) });
  }
}

type Statused = { readonly statusCode: number };

describe('the decorators of a route, of its class, and of what these extend and override', () => {
  let database: HostDatabase;
  let host: ContextHost;
  let remote: ClientProxy;
  /** Nobody’s, a user’s, an admin’s, two of other issuers, and one of the second in the name of the first. */
  const tokens: (string | undefined)[] = [undefined];
  let issuers: ForeignIssuer[];

  beforeAll(async () => {
    // each gateway listens to the one server
    EventEmitter.defaultMaxListeners = 2 * NAMES.length + 8;
    [database, issuers] = await Promise.all([
      hostDatabase(),
      Promise.all([ForeignIssuer.start(), ForeignIssuer.start()]),
    ]);
    // mercurius requires it for its own page alone, and Jest cannot require the ES modules behind it
    jest.mock('@fastify/static', () => ({}));
    const { MercuriusDriver } = await import('@nestjs/mercurius');
    const fields = [
      ...NAMES.map((_, index) => `r${String(index)}`),
      ...TRUSTED.map(([name]) => name),
    ];
    const graphql = GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      typeDefs: `type Query { ${fields.map((name) => `${name}: String`).join(' ')} }`,
    });
    const tcpPort = await freePort();
    const gateway = () => (row: Type) => {
      WebSocketGateway({ path: '/events' })(row);
      // guards of the application are not asked for messages of a gateway
      UseGuards(JwtAuthGuard)(row);
    };
    host = await startContext(database, {
      imports: [graphql],
      controllers: [
        ...rowsOf(() => Get(), Controller),
        ...rowsOf(
          (name) => MessagePattern(name),
          () => Controller(),
        ),
        ...trusting(Get, Controller()),
        ...trusting(MessagePattern, Controller()),
      ],
      providers: [
        Sockets,
        ...rowsOf(
          (name) => Query(name),
          () => Resolver(),
        ),
        ...rowsOf((name) => SubscribeMessage(name), gateway as () => ClassDecorator),
        ...trusting(Query, Resolver()),
        ...trusting(SubscribeMessage, gateway() as ClassDecorator),
      ],
      options: {
        trustedIssuers: issuers.map((each, at) => ({
          issuer: [NAMED, OTHER][at] ?? '',
          audience: 'api',
          jwks: { url: each.jwksUrl },
          principal: ({ sub }) => ({ id: String(sub) }),
        })),
      },
      prepare: (app) => app.useWebSocketAdapter(new Adapter(app)),
      tcpPort,
    });
    remote = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: tcpPort },
    });
    for (const [kind, ...grants] of [
      ['user', 'notes:read'],
      ['admin', 'notes:read', 'notes:write'],
    ]) {
      const mail = `${String(kind)}@people.test`;
      const [made] = await database.db.insert(people).values({ mail, kind, grants }).returning();
      const authTime = new Date(Date.now() - 60_000);
      const how = { transport: 'bearer', secondFactor: 'satisfied', authTime } as const;
      tokens.push((await host.auth.openSession(made?.ref ?? '', how)).grant.accessToken);
    }
    const [named, other] = issuers as [ForeignIssuer, ForeignIssuer];
    tokens.push(
      await named.sign({ iss: NAMED }),
      await other.sign({ iss: OTHER }),
      await other.sign({ iss: NAMED }),
    );
  }, 120_000);
  afterAll(async () => {
    void remote?.close();
    await host?.close();
    await Promise.all(issuers?.map((each) => each.stop()) ?? []);
    await database?.drop();
  });

  type Ask = (name: string, caller: number) => Promise<number>;
  const headersOf = (caller: number) => {
    const token = tokens[caller];
    return token === undefined ? {} : bearer(token).headers;
  };
  const asks: Readonly<Record<string, Ask>> = {
    http: async (name, caller) =>
      (await httpClient(host.url).get(`/${name}`, { headers: headersOf(caller) })).status,
    graphql: async (name, caller) => {
      const body = { query: `{ ${name} }` };
      const answer = await httpClient(host.url).post('/graphql', body, {
        headers: headersOf(caller),
      });
      const { data, errors } = answer.json<{
        data: Record<string, string | null> | null;
        errors?: { extensions: { originalError: Statused } }[];
      }>();
      return data?.[name] === 'in' ? 200 : (errors?.[0]?.extensions.originalError.statusCode ?? 0);
    },
    'a remote call': async (name, caller) => {
      const token = tokens[caller];
      const payload = token === undefined ? {} : withAuthorization({}, token);
      const answer = await firstValueFrom(remote.send<unknown>(name, payload)).catch(
        (error: unknown) => (error as Statused).statusCode,
      );
      return answer === 'in' ? 200 : Number(answer);
    },
  };

  // T-mx4t
  it.each(Object.keys(asks))('is one table on %s', async (transport) => {
    const ask = asks[transport] as Ask;
    const seen = [];
    for (const [index, name] of NAMES.entries())
      seen.push([
        name,
        await Promise.all([0, 1, 2].map((who) => settled(() => ask(`r${String(index)}`, who)))),
      ]);
    expect(seen).toEqual(heldRoutes().map(([name, , expected]) => [name, expected]));
  });

  // T-mx5t
  it('is the same table on a socket', async () => {
    const seen = [];
    for (const [index, name] of NAMES.entries())
      seen.push([
        name,
        await Promise.all([0, 1, 2].map((who) => settled(() => told(`r${String(index)}`, who)))),
      ]);
    expect(seen).toEqual(heldRoutes().map(([name, , expected]) => [name, expected]));
  });

  // T-mx6t
  it.each(Object.keys(asks))('@TrustIssuers is one table on %s', async (transport) => {
    const ask = asks[transport] as Ask;
    const seen = [];
    for (const [name] of TRUSTED)
      seen.push([
        name,
        await Promise.all([1, 3, 4, 5].map((who) => settled(() => ask(name, who)))),
      ]);
    expect(seen).toEqual(TRUSTED);
  });

  it('each field of one GraphQL operation decides by its own decorators', async () => {
    const body = { query: '{ named other ours chosen }' };
    const ask = async () => httpClient(host.url).post('/graphql', body, { headers: headersOf(3) });
    let text = '';
    await until(
      async () => !(text = JSON.stringify((await ask()).json())).includes('"statusCode":503'),
    );
    const { data, errors } = JSON.parse(text) as { data: object; errors: { path: string[] }[] };
    expect(data).toEqual({ named: 'in', other: null, ours: null, chosen: 'in' });
    expect(new Set(errors.map(({ path }) => path.join()))).toEqual(new Set(['other', 'ours']));
  });

  // T-mx7t
  it('a socket is signed in only with our own token, whatever its message handlers name', async () => {
    for (const [name] of TRUSTED)
      expect([name, await settled(() => told(name, 1))]).toEqual([name, 200]);
    const closing = async (who: number) => {
      const socket = await openSocket(host.url, headersOf(who));
      const { code } = await socket.closed;
      return code === 4503 ? 503 : code;
    };
    for (const who of [3, 4, 5])
      expect([who, await settled(() => closing(who))]).toEqual([who, 4401]);
  });

  /** Of a socket of its own: one that was shut because the view was not proven in time is asked anew. */
  async function told(name: string, caller: number): Promise<number> {
    const token = tokens[caller];
    const socket = await openSocket(
      host.url,
      token === undefined ? {} : { cookie: `access_token=${token}` },
    );
    socket.send({ type: name });
    const closed = socket.closed.then(() => 'closed' as const);
    let standing: 'open' | 'closed' = 'open';
    void closed.then(() => (standing = 'closed'));
    await until(async () => socket.messages.length > 0 || standing === 'closed');
    const answer = socket.messages[0] as unknown as 'in' | { readonly data: Statused } | undefined;
    if (standing === 'open') await socket.close();
    if (answer === undefined) return 503;
    return answer === 'in' ? 200 : answer.data.statusCode;
  }

  /** A store that is late beside load says nothing of the route. */
  async function settled(ask: () => Promise<number>): Promise<number> {
    let status = 503;
    await until(async () => (status = await ask()) !== 503);
    return status;
  }
});
