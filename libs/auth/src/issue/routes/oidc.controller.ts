import { Delete, Get, HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { IdentityBody } from '../../contract/index.js';
import { callerOf } from '../../verify/guards/call-context.js';
import {
  clientOf,
  type HttpRequest,
  type HttpResponse,
  parameterOf,
  setHeader,
} from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { LinkIdentityFlow } from '../flows/link-identity.flow.js';
import { type OidcOutcome, OidcSignInFlow } from '../flows/oidc-sign-in.flow.js';
import { ProviderLogoutFlow } from '../flows/provider-logout.flow.js';
import { REQUEST_TTL_SECONDS } from '../oidc/oidc-requests.service.js';
import { AuthCookies } from './cookies.service.js';
import { fieldOf, formBodyOf } from './form-body.js';
import * as shapes from './factor-openapi.js';
import { jsonBodyOf } from './json-body.js';
import { NavigationGuard } from './navigation.guard.js';
import { OidcCallbacks } from './oidc-callbacks.service.js';
import { answerIn, maxAgeOf, urlOf } from './oidc-url.js';
import { RequestSchemas } from './request-schemas.service.js';
import { identityBody } from './response-bodies.js';
import { AuthController, Open, Route, type Routes, SignedIn } from './route.js';
import { OidcOnGuard } from './switched-on.guards.js';
import { TenantReader } from './tenant-reader.service.js';
import { VisitGuard } from './visit.guard.js';

const PARAMETER = { parameter: 'provider' };

/** Sign-in at a provider, and the caller's identities there (contract, section 9). */
export function createOidcController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(OidcOnGuard)
  class OidcController {
    constructor(
      private readonly signIn: OidcSignInFlow,
      private readonly links: LinkIdentityFlow,
      private readonly methods: FactorMethods,
      private readonly logouts: ProviderLogoutFlow,
      private readonly callbacks: OidcCallbacks,
      private readonly tenants: TenantReader,
      private readonly inputs: RequestSchemas,
      private readonly presented: PresentedTokens,
      private readonly cookies: AuthCookies,
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
      Get('oidc/:provider'),
      HttpCode(302),
      UseGuards(VisitGuard, NavigationGuard),
      Open({
        summary: 'Sign in at a provider',
        ...PARAMETER,
        answers: {
          302: { description: 'Redirects to the provider.' },
          ...errorAnswers(400, 403, 404, 503),
        },
      }),
    )
    async begin(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<void> {
      const { searchParams: asked } = urlOf(request);
      const { url, browser } = await this.signIn.begin(parameterOf(request, 'provider'), {
        redirectUri: this.callbacks.of(request),
        returnTo: asked.get('returnTo'),
        device: this.presented.device(request, undefined),
        maxAgeSeconds: maxAgeOf(asked),
        tenant: (await this.tenants.clientOf(request)).tenant,
      });
      this.cookies.oidc(response, browser, REQUEST_TTL_SECONDS);
      setHeader(response, 'Location', url);
    }

    @Route(
      routes.factors,
      Get('oidc/:provider/callback'),
      HttpCode(302),
      UseGuards(VisitGuard),
      Open({
        summary: 'Where the provider sends the browser back',
        ...PARAMETER,
        answers: {
          302: {
            description:
              'Redirects to returnTo; with #ticket= if a second factor is due, or #error=login_refused.',
          },
          ...errorAnswers(404, 429, 503),
        },
      }),
    )
    async finish(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<void> {
      const { searchParams: parameters } = urlOf(request);
      const given = {
        parameters,
        browser: this.presented.oidc(request),
        redirectUri: this.callbacks.of(request),
        accessCookies: this.presented.accessCookies(request),
      };
      const outcome = await this.signIn.finish(
        parameterOf(request, 'provider'),
        given,
        clientOf(request),
      );
      this.cookies.oidc(response, '', 0);
      if (typeof outcome.result === 'object' && 'grant' in outcome.result)
        this.cookies.signIn(response, outcome.result.grant);
      setHeader(response, 'Location', placeOf(outcome));
    }

    /**
     * A browser does not send a `Lax` cookie with another site's post. It sends the cookie after this redirect to the
     * `GET` route.
     */
    @Route(
      routes.factors,
      Post('oidc/:provider/callback'),
      HttpCode(303),
      Open({
        summary: 'The same route for a provider that posts its answer as a form',
        ...PARAMETER,
        answers: {
          303: { description: 'Redirects to the same route by GET.' },
          ...errorAnswers(400, 404),
        },
      }),
    )
    relay(@Req() request: HttpRequest, @Res({ passthrough: true }) response: HttpResponse): void {
      const answer = answerIn(formBodyOf(request));
      setHeader(response, 'Location', `${this.callbacks.of(request)}?${answer.toString()}`);
    }

    @Route(
      routes.factors,
      Post('oidc/:provider/backchannel-logout'),
      HttpCode(200),
      Open({
        summary: 'The provider reports a sign-out there (a form with logout_token)',
        ...PARAMETER,
        answers: {
          200: { description: 'The sessions that came from it have ended here as well.' },
          ...errorAnswers(400, 404, 429, 503),
        },
      }),
    )
    async backchannelLogout(@Req() request: HttpRequest): Promise<void> {
      const token = fieldOf(formBodyOf(request), 'logout_token');
      await this.logouts.logout(parameterOf(request, 'provider'), token, clientOf(request).ip);
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
      this.cookies.oidc(response, begun.browser, REQUEST_TTL_SECONDS);
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
  return OidcController;
}

function placeOf({ returnTo, result }: OidcOutcome): string {
  if (result === 'refused') return `${returnTo}#error=login_refused`;
  return typeof result === 'object' && 'ticket' in result
    ? `${returnTo}#ticket=${result.ticket}`
    : returnTo;
}
