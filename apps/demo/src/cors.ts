import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { DemoConfig } from './config/index.js';

/** For pages of the trusted origins; the client library reads the exposed headers. */
export function corsOf({
  trustedOrigins,
  dpop,
}: Pick<DemoConfig, 'trustedOrigins' | 'dpop'>): CorsOptions {
  return {
    origin: [...trustedOrigins],
    credentials: true,
    // Fastify's own default leaves PATCH and DELETE out
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'WWW-Authenticate',
      'Retry-After',
      'Date',
      ...(dpop.mode === 'off' ? [] : ['DPoP-Nonce']),
    ],
    maxAge: 600,
  };
}
