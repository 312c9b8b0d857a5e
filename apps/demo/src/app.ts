import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AppModule, type AppSettings } from './app.module.js';
import type { DemoConfig, TrustProxy } from './config/index.js';
import { corsOf } from './cors.js';
import { EventsAdapter } from './events/events.adapter.js';
import { secureHeaders, servePage } from './web/page.js';

/** The application, not yet listening, on the adapter that the configuration names; the other one is not loaded. */
export async function createApp(
  config: DemoConfig,
  settings: AppSettings,
): Promise<INestApplication> {
  const app = await (config.adapter === 'fastify'
    ? onFastify(config, settings)
    : onExpress(config, settings));
  if (config.hostPrefix !== undefined) app.setGlobalPrefix(config.hostPrefix);
  // before the policy of the page, because the provider is a site of its own
  const { local } = settings.elsewhere;
  if (local) app.use(local.path, local.answer);
  secureHeaders(app, config.tls ? 'itself' : 'proxy');
  await servePage(app, config.adapter);
  app.useWebSocketAdapter(new EventsAdapter(app));
  app.enableCors(corsOf(config));
  const description = new DocumentBuilder()
    .setTitle('Tokenward demo')
    .setDescription(
      'Sign-in, sessions and revocation. Browsers carry the access token in a cookie, other clients as a bearer token.',
    )
    .setVersion('1')
    .addBearerAuth()
    .addCookieAuth('access_token')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'docs-json',
  });
  return app;
}

/** The members of a Fastify reply that are used here. Its own type is in another package. */
interface BareReply {
  code(status: number): BareReply;
  header(name: string, value: string): BareReply;
  send(body?: unknown): unknown;
}

const NEST = {
  logger: ['warn', 'error', 'fatal'] as ('warn' | 'error' | 'fatal')[],
  abortOnError: false,
};

async function onExpress(config: DemoConfig, settings: AppSettings): Promise<INestApplication> {
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register(settings),
    new ExpressAdapter(),
    { ...NEST, httpsOptions: config.tls },
  );
  app.set('trust proxy', config.trustProxy);
  app.disable('x-powered-by');
  return app;
}

async function onFastify(config: DemoConfig, settings: AppSettings): Promise<INestApplication> {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const adapter = new FastifyAdapter({
    trustProxy: fastifyTrust(config.trustProxy),
    frameworkErrors: answerBeforeRouting,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ...(config.tls && { https: config.tls }),
  });
  return NestFactory.create<NestFastifyApplication>(AppModule.register(settings), adapter, {
    ...NEST,
    httpsOptions: config.tls,
  });
}

/** The longest id. Express has no limit. */
const MAX_PARAM_LENGTH = 255;

/** Fastify answers an unreadable path before Nest gets it: in the same shape, and without quoting it. */
function answerBeforeRouting(
  error: Error & { statusCode?: number },
  _: unknown,
  reply: BareReply,
): void {
  const statusCode = error.statusCode ?? 400;
  const body = {
    statusCode,
    error: STATUS_CODES[statusCode],
    message: 'path: cannot be read',
    code: 'invalid_input',
  };
  void reply.code(statusCode).header('cache-control', 'no-store').send(body);
}

/** Fastify does not accept a number of hops, but a function of the hop does the same. */
function fastifyTrust(trust: TrustProxy) {
  if (typeof trust === 'number') return (_address: string, hop: number): boolean => hop < trust;
  return typeof trust === 'boolean' ? trust : [...trust];
}
