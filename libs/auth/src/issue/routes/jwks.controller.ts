import { Get, Res, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { JWKS_PATH } from '../../contract/index.js';
import { KeyRotation } from '../keys/key-rotation.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { at, OfInstance } from '../../verify/http/instance-routes.js';
import { JWKS_ANSWER } from './openapi-schemas.js';
import { AnswersItself } from '../../verify/http/own-answers.js';
import { keepAtRoot, RootController } from '../../verify/http/root-routes.js';
import { Open } from './route.js';

/**
 * `GET /.well-known/jwks.json`, at the root of the host, whatever the prefix of the other routes. A named instance
 * serves it below its name.
 */
export function createJwksController(instance = DEFAULT_INSTANCE): Type {
  const path = at(instance, JWKS_PATH);

  @RootController()
  class JwksController {
    private readonly own: OfInstance;

    constructor(modules: ModuleRef, config: ApplicationConfig) {
      this.own = new OfInstance(modules, instance);
      keepAtRoot(config, path);
    }

    @Get(path)
    @AnswersItself()
    @Open({
      summary: 'The public keys that verify access tokens',
      answers: { 200: { description: 'A JWKS (RFC 7517).', schema: JWKS_ANSWER } },
    })
    keys(
      @Res({ passthrough: true }) response: HttpResponse,
    ): ReturnType<KeyRotation['publicJwks']> {
      const { jwks } = this.own.get(ResolvedAuthOptions);
      setHeader(response, 'Cache-Control', `public, max-age=${jwks.cacheSeconds}`);
      return this.own.get(KeyRotation).publicJwks();
    }
  }
  return JwksController;
}
