import { Get, Req, Res, type Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { RESOURCE_METADATA_PATH } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { Public } from '../guards/decorators.js';
import { type HttpRequest, type HttpResponse, setHeader } from './adapter.js';
import { at, OfInstance } from './instance-routes.js';
import { errorAnswers } from './openapi-errors.js';
import { Describe, type JsonSchema } from './openapi.js';
import { AnswersItself } from './own-answers.js';
import { keepAtRoot, RootController } from './root-routes.js';

const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'array', items: text };
const ANSWER: JsonSchema = {
  type: 'object',
  properties: {
    resource: text,
    authorization_servers: texts,
    bearer_methods_supported: texts,
    scopes_supported: texts,
    resource_name: text,
    resource_documentation: text,
  },
  required: ['resource', 'bearer_methods_supported'],
};

/**
 * RFC 9728, if `discovery.resource` is given. Served also below the path of the resource, if it has one (section
 * 3.1). `owner`: the instance whose options are used.
 */
export function createResourceController(instance: string, owner = instance): Type {
  const exact = at(instance, RESOURCE_METADATA_PATH);
  // a path of up to three parts: Fastify takes no named wildcard, Express no other
  const paths = ['', '/:one', '/:one/:two', '/:one/:two/:three'].map((below) => exact + below);

  @RootController()
  class ResourceController {
    private readonly own: OfInstance;

    constructor(modules: ModuleRef, config: ApplicationConfig) {
      this.own = new OfInstance(modules, owner);
      keepAtRoot(config, ...paths);
    }

    @Get(paths)
    @AnswersItself()
    @Public()
    @Describe({
      summary: 'What a client needs to know of this resource (RFC 9728)',
      answers: { 200: { description: 'The metadata.', schema: ANSWER }, ...errorAnswers(404) },
    })
    metadata(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): object {
      const { discovery, jwks } = this.own.get(ResolvedAuthOptions);
      const { resource } = discovery;
      const asked = (request.url ?? '').split('?')[0]?.replace(/\/+$/, '');
      if (!resource || ![`/${exact}`, `/${exact}${resource.path}`].includes(asked ?? ''))
        throw new AuthError('document_not_found', 'no such resource is configured');
      setHeader(response, 'Cache-Control', `public, max-age=${jwks.cacheSeconds}`);
      return {
        resource: resource.resource,
        ...(resource.authorizationServers && {
          authorization_servers: resource.authorizationServers,
        }),
        bearer_methods_supported: ['header'],
        ...(resource.scopes && { scopes_supported: resource.scopes }),
        ...(resource.name !== undefined && { resource_name: resource.name }),
        ...(resource.documentation !== undefined && {
          resource_documentation: resource.documentation,
        }),
      };
    }
  }
  return ResourceController;
}
