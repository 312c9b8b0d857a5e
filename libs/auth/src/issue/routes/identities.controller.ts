import { Delete, Get, HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { IdentityBody } from '../../contract/index.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { type HttpRequest, type HttpResponse, parameterOf } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { LinkIdentityFlow } from '../flows/link-identity.flow.js';
import { REQUEST_TTL_SECONDS } from '../oidc/oidc-requests.service.js';
import * as shapes from './factor-openapi.js';
import { jsonBodyOf } from './json-body.js';
import { OidcCallbacks } from './oidc-callbacks.service.js';
import { OidcCookie } from './oidc-cookie.service.js';
import { RequestSchemas } from './request-schemas.service.js';
import { identityBody } from './response-bodies.js';
import { AuthController, Route, type Routes, SignedIn } from './route.js';
import { OidcOnGuard } from './switched-on.guards.js';

const PARAMETER = { parameter: 'provider' };

/** The caller's identities at providers (contract, section 9). */
export function createIdentitiesController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(OidcOnGuard)
  class IdentitiesController {
    constructor(
      private readonly links: LinkIdentityFlow,
      private readonly methods: FactorMethods,
      private readonly callbacks: OidcCallbacks,
      private readonly inputs: RequestSchemas,
      private readonly underWay: OidcCookie,
    ) {}

    // declared before the routes of the providers; no provider can have this name
    @Route(
      routes.factors,
      Get('oidc/identities'),
      SignedIn({
        summary: "List the caller's linked identities",
        answers: { 200: { description: 'The oldest first.', schema: shapes.IDENTITIES_ANSWER } },
      }),
    )
    async identities(@Req() request: HttpRequest): Promise<readonly IdentityBody[]> {
      const issuers = this.methods.oidc?.issuers ?? new Map<string, string>();
      return (await this.links.list(callerOf(request))).map((each) => identityBody(each, issuers));
    }

    @Route(
      routes.factors,
      Post('oidc/:provider/link'),
      HttpCode(200),
      UseGuards(OriginGuard),
      SignedIn({
        summary: 'Link an identity of a provider to the caller',
        ...PARAMETER,
        body: { required: 'optional', schema: shapes.LINK_BODY },
        answers: {
          200: { description: 'The browser goes to the URL.', schema: shapes.URL_ANSWER },
          ...errorAnswers(400, 403, 404),
        },
      }),
    )
    async link(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<{ readonly url: string }> {
      const { returnTo: wanted } = this.inputs.read('linkIdentity', jsonBodyOf(request));
      const provider = parameterOf(request, 'provider');
      const redirectUri = this.callbacks.of(request);
      const begun = await this.links.begin(callerOf(request), { provider, redirectUri, wanted });
      this.underWay.set(response, begun.browser, REQUEST_TTL_SECONDS);
      return { url: begun.url };
    }

    @Route(
      routes.factors,
      Delete('oidc/:provider/link'),
      HttpCode(204),
      SignedIn({
        summary: "Unlink the caller's identity at a provider",
        ...PARAMETER,
        answers: { 204: { description: 'Unlinked.' }, ...errorAnswers(403, 404) },
      }),
    )
    async unlink(@Req() request: HttpRequest): Promise<void> {
      await this.links.remove(callerOf(request), parameterOf(request, 'provider'));
    }
  }
  return IdentitiesController;
}
