import { type Abstract, Controller, Get, Req, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { authToken, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { DISCOVERY_PATHS, RESOURCE_METADATA_PATH } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpRequest, type HttpResponse, setHeader } from '../../verify/http/adapter.js';
import { Describe } from '../../verify/http/openapi.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { DISCOVERY_ANSWER, RESOURCE_METADATA_ANSWER } from './openapi-schemas.js';
import { AnswersItself, NeverCached } from './own-answers.interceptor.js';
import { keepAtRoot } from './root-routes.js';
import { Open } from './route.js';

/** What one instance's module has, which is another one than the controller's. */
class OfInstance {
  constructor(
    private readonly modules: ModuleRef,
    private readonly instance: string,
  ) {}

  get<T>(of: Abstract<T>): T {
    return this.modules.get<T>(authToken(of, this.instance), { strict: false });
  }
}

const at = (instance: string, path: string) => (instance === DEFAULT_INSTANCE ? path : `${instance}/${path}`);

/** RFC 8414 and OpenID Connect Discovery, as far as this server goes: an issuer with keys, and no authorization endpoint. */
export function createDiscoveryController(instance: string): Type {
  const paths = DISCOVERY_PATHS.map((path) => at(instance, path));

  @Controller({ version: VERSION_NEUTRAL })
  @AnswersItself()
  @Describe({ tag: 'auth' })
  class DiscoveryController {
    private readonly own: OfInstance;

    constructor(modules: ModuleRef, config: ApplicationConfig) {
      this.own = new OfInstance(modules, instance);
      for (const path of paths) keepAtRoot(config, path);
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

/** RFC 9728, where `discovery.resource` is given; below the path of the resource, when it has one (section 3.1). */
export function createResourceController(instance: string): Type {
  const exact = at(instance, RESOURCE_METADATA_PATH);
  // a path of up to three parts: Fastify takes no named wildcard, Express no other
  const paths = ['', '/:one', '/:one/:two', '/:one/:two/:three'].map((below) => exact + below);

  @Controller({ version: VERSION_NEUTRAL })
  @AnswersItself()
  @Describe({ tag: 'auth' })
  class ResourceController {
    private readonly own: OfInstance;

    constructor(modules: ModuleRef, config: ApplicationConfig) {
      this.own = new OfInstance(modules, instance);
      for (const path of paths) keepAtRoot(config, path);
    }

    @Get(paths)
    @NeverCached()
    @Open({
      summary: 'What a client needs to know of this resource (RFC 9728)',
      answers: {
        200: { description: 'The metadata.', schema: RESOURCE_METADATA_ANSWER },
        ...errorAnswers(404),
      },
    })
    metadata(@Req() request: HttpRequest, @Res({ passthrough: true }) response: HttpResponse): object {
      const { discovery, jwks } = this.own.get(ResolvedAuthOptions);
      const { resource } = discovery;
      const asked = (request.url ?? '').split('?')[0]?.replace(/\/+$/, '');
      if (!resource || ![`/${exact}`, `/${exact}${resource.path}`].includes(asked ?? ''))
        throw new AuthError('document_not_found', 'no such resource is configured');
      setHeader(response, 'Cache-Control', `public, max-age=${jwks.cacheSeconds}`);
      return {
        resource: resource.resource,
        ...(resource.authorizationServers && { authorization_servers: resource.authorizationServers }),
        bearer_methods_supported: ['header'],
        ...(resource.scopes && { scopes_supported: resource.scopes }),
        ...(resource.name !== undefined && { resource_name: resource.name }),
        ...(resource.documentation !== undefined && { resource_documentation: resource.documentation }),
      };
    }
  }
  return ResourceController;
}
