import { Get, Req, Res, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { DISCOVERY_PATHS } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpRequest, type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { at, OfInstance } from '../../verify/http/instance-routes.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { tenantAt } from '../../verify/tenants/ask-whose.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { DISCOVERY_ANSWER } from './openapi-schemas.js';
import { AnswersItself } from '../../verify/http/own-answers.js';
import { keepAtRoot, RootController } from '../../verify/http/root-routes.js';
import { Open } from './route.js';

/** RFC 8414 and OpenID Connect Discovery for an issuer that publishes keys but has no authorization endpoint. */
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
    @AnswersItself()
    @Open({
      summary: 'The issuer and where its keys are (RFC 8414)',
      answers: {
        200: { description: 'The metadata.', schema: DISCOVERY_ANSWER },
        ...errorAnswers(404),
      },
    })
    metadata(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): object {
      const options = this.own.get(ResolvedAuthOptions);
      const { discovery, jwks, keys, tenants } = options;
      const issuer = issuerAt(options, request);
      const jwksUri = issuer === undefined ? undefined : discovery.jwksUriOf(issuer);
      if (jwksUri === undefined)
        throw new AuthError(
          'document_not_found',
          'no issuer is configured here, or it is not an https URL',
        );
      // the tenant may depend on parts of the request that a shared cache does not compare
      const audience = tenants ? 'private' : 'public';
      setHeader(response, 'Cache-Control', `${audience}, max-age=${jwks.cacheSeconds}`);
      const published = this.own
        .get(Keyring)
        .publicJwks()
        .keys.map(({ alg }) => alg);
      return {
        issuer,
        jwks_uri: jwksUri,
        response_types_supported: [],
        subject_types_supported: ['public'],
        // a shared secret is never published
        id_token_signing_alg_values_supported: [
          ...new Set(published.length > 0 ? published : [keys.algorithm]),
        ],
      };
    }
  }
  return DiscoveryController;
}

/**
 * With `tenants`, the issuer of the request's tenant. It is always one of the configured issuers, whatever the
 * request says.
 */
function issuerAt(
  { issuer, tenants }: ResolvedAuthOptions,
  request: HttpRequest,
): string | undefined {
  if (!tenants) return issuer;
  const tenant = tenantAt(tenants.of, request);
  return tenant === undefined ? issuer : tenants.issuers.get(tenant);
}
