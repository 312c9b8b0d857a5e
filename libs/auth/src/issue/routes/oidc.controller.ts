import { Get, HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import {
  clientOf,
  type HttpRequest,
  type HttpResponse,
  parameterOf,
  setHeader,
} from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { OidcBeginFlow } from '../flows/oidc-begin.flow.js';
import { type OidcOutcome, OidcReturnFlow } from '../flows/oidc-return.flow.js';
import { ProviderLogoutFlow } from '../flows/provider-logout.flow.js';
import { REQUEST_TTL_SECONDS } from '../oidc/oidc-requests.service.js';
import { AuthCookies } from './cookies.service.js';
import { fieldOf, formBodyOf } from './form-body.js';
import { NavigationGuard } from './navigation.guard.js';
import { OidcCallbacks } from './oidc-callbacks.service.js';
import { OidcCookie } from './oidc-cookie.service.js';
import { answerIn, maxAgeOf, urlOf } from './oidc-url.js';
import { AuthController, Open, Route, type Routes } from './route.js';
import { OidcOnGuard } from './switched-on.guards.js';
import { TenantReader } from './tenant-reader.service.js';
import { VisitGuard } from './visit.guard.js';

const PARAMETER = { parameter: 'provider' };

/** Sign-in at a provider (contract, section 9). */
export function createOidcController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(OidcOnGuard)
  class OidcController {
    constructor(
      private readonly beginning: OidcBeginFlow,
      private readonly returning: OidcReturnFlow,
      private readonly logouts: ProviderLogoutFlow,
      private readonly callbacks: OidcCallbacks,
      private readonly tenants: TenantReader,
      private readonly presented: PresentedTokens,
      private readonly cookies: AuthCookies,
      private readonly underWay: OidcCookie,
    ) {}

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
      const { url, browser } = await this.beginning.begin(parameterOf(request, 'provider'), {
        redirectUri: this.callbacks.of(request),
        returnTo: asked.get('returnTo'),
        device: this.presented.device(request, undefined),
        maxAgeSeconds: maxAgeOf(asked),
        tenant: (await this.tenants.clientOf(request)).tenant,
      });
      this.underWay.set(response, browser, REQUEST_TTL_SECONDS);
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
        browser: this.underWay.read(request),
        redirectUri: this.callbacks.of(request),
        accessCookies: this.presented.accessCookies(request),
      };
      const outcome = await this.returning.finish(
        parameterOf(request, 'provider'),
        given,
        clientOf(request),
      );
      // any page can send a browser here, also one that is at a provider for a sign-in of its own
      if (outcome.isOwn) this.underWay.clear(response);
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
  }
  return OidcController;
}

function placeOf({ returnTo, result }: OidcOutcome): string {
  if (result === 'refused') return `${returnTo}#error=login_refused`;
  return typeof result === 'object' && 'ticket' in result
    ? `${returnTo}#ticket=${result.ticket}`
    : returnTo;
}
