import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastifyStatic } from '@fastify/static';
import helmet from 'helmet';
import type { DemoConfig } from '../config/index.js';

/** Built from apps/demo/web by tools/build.mjs. */
const FILES = fileURLToPath(new URL('../../public', import.meta.url));

/** Nothing inline and nothing from elsewhere; HTTPS is the proxy's to enforce. */
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

/** Security headers for every answer; before anything that answers. `tls`: who speaks it. */
export function secureHeaders(app: INestApplication, tls: 'proxy' | 'itself'): void {
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
      // every other server on localhost would be out of reach for a year
      ...(tls === 'itself' && { strictTransportSecurity: false }),
    }),
  );
  app.use('/docs', helmet.contentSecurityPolicy({ directives: DOCS_POLICY }));
}

/** The page and its assets, at `/`. The names of the assets hold a hash of what is in them. */
export async function servePage(app: INestApplication, adapter: DemoConfig['adapter']): Promise<void> {
  if (adapter === 'express')
    (app as NestExpressApplication).useStaticAssets(FILES, {
      setHeaders: (response: ServerResponse, path) => {
        response.setHeader('Cache-Control', cacheControl(path));
      },
    });
  // not Nest's useStaticAssets: it types the reply of an older version
  else
    await (app as NestFastifyApplication).register(fastifyStatic, {
      root: FILES,
      // a route a file: what is not there is answered by the application
      wildcard: false,
      setHeaders: (reply, path) => {
        reply.header('Cache-Control', cacheControl(path));
      },
    });
}

function cacheControl(path: string): string {
  return /(?:^|[\\/])assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
}
