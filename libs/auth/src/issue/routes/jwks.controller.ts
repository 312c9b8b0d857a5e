import { Controller, Get, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { JWKS_PATH } from '../../contract/index.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { Describe } from '../../verify/http/openapi.js';
import { JWKS_ANSWER } from './openapi-schemas.js';
import { AnswersItself, NeverCached } from './own-answers.interceptor.js';
import { Open } from './route.js';

/** `GET /.well-known/jwks.json`, at the root of the host: a global prefix has to exclude it. */
export function createJwksController(path = JWKS_PATH): Type {
  @Controller({ version: VERSION_NEUTRAL })
  @AnswersItself()
  @Describe({ tag: 'auth' })
  class JwksController {
    constructor(
      private readonly keyring: Keyring,
      private readonly options: ResolvedAuthOptions,
    ) {}

    @Get(path)
    @NeverCached()
    @Open({
      summary: 'The public keys that access tokens verify with',
      answers: { 200: { description: 'A JWKS (RFC 7517).', schema: JWKS_ANSWER } },
    })
    keys(@Res({ passthrough: true }) response: HttpResponse): ReturnType<Keyring['publicJwks']> {
      setHeader(response, 'Cache-Control', `public, max-age=${this.options.jwks.cacheSeconds}`);
      return this.keyring.publicJwks();
    }
  }
  return JwksController;
}
