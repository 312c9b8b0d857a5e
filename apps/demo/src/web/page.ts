import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from 'helmet';
import type { DemoConfig } from '../config/index.js';

/** Built from apps/demo/web by tools/build.mjs. */
const FILES = fileURLToPath(new URL('../../public', import.meta.url));

/** No inline code and no other origins. The proxy enforces HTTPS. */
const PAGE_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ["'none'"],
};
/** Swagger UI styles its elements inline. */
const DOCS_POLICY = { 'upgrade-insecure-requests': null };

/** Sets security headers on every answer. To be called before anything that answers. `tls`: who terminates TLS. */
export function secureHeaders(app: INestApplication, tls: 'proxy' | 'itself'): void {
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
      // otherwise every other server on localhost would be unreachable for a year
      ...(tls === 'itself' && { strictTransportSecurity: false }),
    }),
  );
  app.use('/docs', helmet.contentSecurityPolicy({ directives: DOCS_POLICY }));
}

/** Serves the page and its assets at `/`. The names of the assets contain a hash of their content. */
export async function servePage(
  app: INestApplication,
  adapter: DemoConfig['adapter'],
): Promise<void> {
  if (adapter === 'express')
    (app as NestExpressApplication).useStaticAssets(FILES, {
      setHeaders: (response: ServerResponse, path) => {
        response.setHeader('Cache-Control', cacheControl(path));
      },
    });
  else await onFastify(app as NestFastifyApplication);
}

/** Not by Nest's useStaticAssets: it types the reply of an older version. */
async function onFastify(app: NestFastifyApplication): Promise<void> {
  // by its default export, the only one that esbuild keeps of CommonJS
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(fastifyStatic, {
    root: FILES,
    // one route for each file, so that the application answers for missing files
    wildcard: false,
    setHeaders: (reply, path) => {
      reply.header('Cache-Control', cacheControl(path));
    },
  });
}

function cacheControl(path: string): string {
  return /(?:^|[\\/])assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
}
