import { type Abstract, Controller, Get, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { authToken, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { JWKS_PATH } from '../../contract/index.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { Describe } from '../../verify/http/openapi.js';
import { JWKS_ANSWER } from './openapi-schemas.js';
import { AnswersItself, NeverCached } from '../../verify/http/own-answers.interceptor.js';
import { keepAtRoot } from '../../verify/http/root-routes.js';
import { Open } from './route.js';

/** `GET /.well-known/jwks.json`, at the root of the host whatever its prefix; of a named instance below its name. */
export function createJwksController(instance = DEFAULT_INSTANCE): Type {
  const path = instance === DEFAULT_INSTANCE ? JWKS_PATH : `${instance}/${JWKS_PATH}`;

  @Controller({ version: VERSION_NEUTRAL })
  @AnswersItself()
  @Describe({ tag: 'auth' })
  class JwksController {
    constructor(
      private readonly modules: ModuleRef,
      config: ApplicationConfig,
    ) {
      keepAtRoot(config, path);
    }

    @Get(path)
    @NeverCached()
    @Open({
      summary: 'The public keys that access tokens verify with',
      answers: { 200: { description: 'A JWKS (RFC 7517).', schema: JWKS_ANSWER } },
    })
    keys(@Res({ passthrough: true }) response: HttpResponse): ReturnType<Keyring['publicJwks']> {
      const { jwks } = this.own(ResolvedAuthOptions);
      setHeader(response, 'Cache-Control', `public, max-age=${jwks.cacheSeconds}`);
      return this.own(Keyring).publicJwks();
    }

    /** Of the instance's module, which is another one. */
    private own<T>(of: Abstract<T>): T {
      return this.modules.get<T>(authToken(of, instance), { strict: false });
    }
  }
  return JwksController;
}
