import { Controller, type INestApplication, Module, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  NoActor,
  Permissions,
  PermissionsGuard,
  type Principal,
  Public,
  RequireBound,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { LiveSockets } from '@tokenward/nestjs/ws';
import type { CloseSocket, Handshake } from '@tokenward/nestjs/ws';
import { type HostDatabase, hostOptions, people } from './host-app.js';

export const UNAUTHENTICATED = {
  statusCode: 401,
  error: 'Unauthorized',
  message: 'Authentication failed',
  code: 'authentication_failed',
};
export const FORBIDDEN = {
  statusCode: 403,
  error: 'Forbidden',
  message: 'Access denied',
  code: 'forbidden',
};

/** The gateway for every adapter, without a filter of Tokenward. */
@UseGuards(JwtAuthGuard, RolesGuard, PermissionsGuard, TokenVersionGuard)
export class Gateway {
  constructor(protected readonly sockets: LiveSockets) {}

  handleDisconnect(client: object): void {
    this.sockets.closed(client);
  }

  @SubscribeMessage('me')
  me(@CurrentUser() user: Principal, @CurrentUser('id') id: string) {
    return { event: 'me', data: { id, same: user.id === id, sessionId: user.sessionId } };
  }

  @Roles('keeper')
  @SubscribeMessage('admin')
  admin() {
    return { event: 'admin', data: 'admin' };
  }

  @RequireBound()
  @SubscribeMessage('bound')
  bound(@CurrentUser('bound') by: Principal['bound']) {
    return { event: 'bound', data: by };
  }

  @NoActor()
  @SubscribeMessage('own')
  own() {
    return { event: 'own', data: 'own' };
  }

  @Public()
  @SubscribeMessage('auth')
  async auth(
    @ConnectedSocket() client: object,
    @MessageBody() message: { readonly token?: unknown; readonly proof?: unknown },
  ) {
    return {
      event: 'standing',
      data: await this.sockets.present(client, message.token, message.proof),
    };
  }

  protected open(client: object, handshake: Handshake, close: CloseSocket) {
    return this.sockets.open(client, handshake, close);
  }
}

@Controller()
export class RemoteCalls {
  @MessagePattern('me')
  me(@CurrentUser('id') id: string, @Payload() payload: { readonly say?: string }) {
    return { id, say: payload.say };
  }

  @Roles('keeper')
  @UseGuards(RolesGuard, TokenVersionGuard)
  @MessagePattern('admin')
  admin(@CurrentUser() user: Principal) {
    return user.role;
  }

  @Permissions('fly')
  @UseGuards(PermissionsGuard)
  @MessagePattern('fly')
  fly() {
    return 'never';
  }

  @RequireBound()
  @MessagePattern('bound')
  bound(@CurrentUser('bound') by: Principal['bound']) {
    return by;
  }

  @NoActor()
  @MessagePattern('own')
  own() {
    return 'own';
  }

  @Public()
  @MessagePattern('open')
  open(@CurrentUser() user: Principal | undefined) {
    return user === undefined;
  }
}

export interface ContextHost {
  readonly app: INestApplication;
  readonly url: string;
  readonly auth: AuthService;
  close(): Promise<void>;
}

export interface ContextParts {
  readonly imports?: NonNullable<Parameters<typeof Module>[0]['imports']>;
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Type[];
  readonly options?: Partial<AuthModuleOptions>;
  /** Called before it listens. */
  readonly prepare?: (app: INestApplication) => void;
  /** TCP port of a microservice in the same process. */
  readonly tcpPort?: number;
}

/** A host whose every route needs a token, with these parts, on Fastify. */
export async function startContext(
  database: HostDatabase,
  parts: ContextParts,
): Promise<ContextHost> {
  @Module({
    imports: [
      AuthModule.forRoot({ ...hostOptions(database, parts.options), isGlobal: true }),
      ...(parts.imports ?? []),
    ],
    controllers: [...(parts.controllers ?? [])],
    providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }, ...(parts.providers ?? [])],
  })
  class HostModule {}
  const app = await NestFactory.create(HostModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  parts.prepare?.(app);
  if (parts.tcpPort !== undefined) {
    const options: MicroserviceOptions = {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: parts.tcpPort },
    };
    // without it the application's guards and filters would not run on remote calls
    app.connectMicroservice(options, { inheritAppConfig: true });
    await app.startAllMicroservices();
  }
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: await app.getUrl(),
    auth: app.get(AuthService, { strict: false }),
    close: () => app.close(),
  };
}

export interface Caller {
  readonly id: string;
  readonly token: string;
  readonly sessionId: string;
}

/** A user with that role, whom the host signed in. */
export async function caller(
  database: HostDatabase,
  host: Pick<ContextHost, 'auth'>,
  role = 'member',
  /** Thumbprint of the key that the session is bound to. */
  provedKey?: string,
): Promise<Caller> {
  const mail = `${crypto.randomUUID()}@people.test`;
  const [person] = await database.db
    .insert(people)
    .values({ mail, kind: role, grants: [] })
    .returning();
  const id = person?.ref ?? '';
  const { grant } = await host.auth.openSession(id, {
    transport: 'bearer',
    secondFactor: 'satisfied',
    ...(provedKey !== undefined && { client: { provedKey } }),
  });
  return { id, token: grant.accessToken, sessionId: grant.sessionId };
}

/** As that person, by an admin who acts as them. */
export async function actingAs(
  database: HostDatabase,
  host: Pick<ContextHost, 'auth'>,
  { id }: Caller,
): Promise<Caller> {
  const actor = await caller(database, host, 'admin');
  const { grant } = await host.auth.openSession(id, { actor, transport: 'bearer' });
  return { id, token: grant.accessToken, sessionId: grant.sessionId };
}
