import { Get, Res, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { DISCOVERY_PATHS } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { at, OfInstance } from '../../verify/http/instance-routes.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { DISCOVERY_ANSWER } from './openapi-schemas.js';
import { NeverCached } from '../../verify/http/own-answers.interceptor.js';
import { keepAtRoot, RootController } from '../../verify/http/root-routes.js';
import { Open } from './route.js';

/** RFC 8414 and OpenID Connect Discovery, as far as this server goes: an issuer with keys, and no authorization endpoint. */
export function createDiscoveryController(instance: string): Type {
  const paths = DISCOVERY_PATHS.map((path) => at(instance, path));

  @RootController()
  class DiscoveryController {
    private readonly own: OfInstance;

    constructor(modules: ModuleRef, config: ApplicationConfig) {
      this.own = new OfInstance(modules, instance);
      keepAtRoot(config, ...paths);
    }

    @Get(paths)
    @NeverCached()
    @Open({
      summary: 'The issuer and where its keys are (RFC 8414)',
      answers: {
        200: { description: 'The metadata.', schema: DISCOVERY_ANSWER },
        ...errorAnswers(404),
      },
    })
    metadata(@Res({ passthrough: true }) response: HttpResponse): object {
      const { issuer, discovery, jwks, keys } = this.own.get(ResolvedAuthOptions);
      if (discovery.jwksUri === undefined)
        throw new AuthError('document_not_found', 'the issuer is not an https URL');
      setHeader(response, 'Cache-Control', `public, max-age=${jwks.cacheSeconds}`);
      const published = this.own
        .get(Keyring)
        .publicJwks()
        .keys.map(({ alg }) => alg);
      return {
        issuer,
        jwks_uri: discovery.jwksUri,
        response_types_supported: [],
        subject_types_supported: ['public'],
        // with a shared secret nothing is published
        id_token_signing_alg_values_supported: [
          ...new Set(published.length > 0 ? published : [keys.algorithm]),
        ],
      };
    }
  }
  return DiscoveryController;
}
