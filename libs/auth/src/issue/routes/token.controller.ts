import { HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { TokenBody } from '../../contract/index.js';
import { LogoutFlow } from '../flows/logout.flow.js';
import { RefreshFlow } from '../flows/refresh.flow.js';
import { clientOf, type HttpRequest, type HttpResponse } from '../../verify/http/adapter.js';
import { tokenBody } from './response-bodies.js';
import { DpopProofs } from '../../verify/dpop/dpop-proofs.service.js';
import { CookiePath } from './cookie-path.service.js';
import { AuthCookies } from './cookies.service.js';
import { RequestSchemas } from './request-schemas.service.js';
import { jsonBodyOf, optionalJsonBodyOf } from './json-body.js';
import { REFRESH_BODY, RETRY_KEY, TOKEN_ANSWER } from './openapi-schemas.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { AuthController, Open, Route, type Routes } from './route.js';

/** `POST refresh` and `POST logout`, the two routes that take a refresh token alone. */
export function createTokenController(routes: Routes): Type {
  @AuthController(routes.prefix)
  class TokenController {
    constructor(
      private readonly refreshFlow: RefreshFlow,
      private readonly logoutFlow: LogoutFlow,
      private readonly inputs: RequestSchemas,
      private readonly presented: PresentedTokens,
      private readonly cookies: AuthCookies,
      private readonly cookiePath: CookiePath,
      private readonly proofs: DpopProofs,
    ) {}

    @Route(
      routes.refresh,
      Post('refresh'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'Exchange a refresh token for the next pair',
        description:
          'The refresh token is read from the cookie if there is one, otherwise from the body.',
        body: { required: 'optional', schema: REFRESH_BODY },
        headers: RETRY_KEY,
        answers: {
          200: {
            description: 'The next tokens, in cookies or in the body as the login chose.',
            schema: TOKEN_ANSWER,
          },
          ...errorAnswers(400, 401, 403, 503),
        },
      }),
    )
    async refresh(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<TokenBody> {
      const input = this.inputs.read('refresh', jsonBodyOf(request));
      const key = this.inputs.retryKey(request);
      try {
        const token = this.presented.refreshToken(request, input.refreshToken);
        if (!token && this.presented.accessCookies(request).length > 0)
          this.cookiePath.noticeLost();
        const client = clientOf(request);
        // `keep`: if the outcome of the rotation is unknown, it may have issued tokens, so the proof must not work
        // again
        const grant = token
          ? await this.proofs.provedBy(
              request,
              (proved) => this.refreshFlow.refresh(token, { ...client, ...proved }, key),
              { doubt: 'keep', accountOf: ({ userId }) => userId },
            )
          : await this.refreshFlow.refresh(token, client, key);
        this.cookies.renew(response, grant);
        return tokenBody(grant);
      } catch (error) {
        this.cookies.clearSpent(request, response, error);
        throw error;
      }
    }

    @Route(
      routes.logout,
      Post('logout'),
      HttpCode(204),
      UseGuards(OriginGuard),
      Open({
        summary: 'End the session that a presented token names',
        body: { required: 'optional', schema: REFRESH_BODY },
        answers: {
          204: { description: 'Signed out; the cookies are cleared.' },
          ...errorAnswers(400, 403, 503),
        },
      }),
    )
    async logout(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<void> {
      const { refreshToken } = this.inputs.read('refresh', await optionalJsonBodyOf(request));
      await this.logoutFlow.logout(this.presented.all(request, refreshToken));
      // after the flow: a 503 keeps the cookies, so that the client can try again
      this.cookies.clear(response, 'all');
    }
  }
  return TokenController;
}
