import { Get, HttpCode, Post, Req, Res, type Type } from '@nestjs/common';
import type { MeBody, TokenBody } from '../../contract/index.js';
import { CallerFlow } from '../flows/caller.flow.js';
import { ChangePasswordFlow } from '../flows/change-password.flow.js';
import { ReauthenticateFlow } from '../flows/reauthenticate.flow.js';
import { clientOf, type HttpRequest, type HttpResponse } from '../../verify/http/adapter.js';
import { meBody, tokenBody } from './response-bodies.js';
import { CeremonyContexts } from './ceremony-contexts.service.js';
import { AuthCookies } from './cookies.service.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { RequestSchemas } from './request-schemas.service.js';
import { jsonBodyOf } from './json-body.js';
import {
  ME_ANSWER,
  PASSWORD_BODY,
  REAUTHENTICATE_BODY,
  RETRY_KEY,
  TOKEN_ANSWER,
} from './openapi-schemas.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { AuthController, Route, type Routes, SignedIn } from './route.js';

/** The caller's own account: who they are, a new password, and a fresh proof of a credential. */
export function createAccountController(routes: Routes): Type {
  @AuthController(routes.prefix)
  class AccountController {
    constructor(
      private readonly caller: CallerFlow,
      private readonly changePassword: ChangePasswordFlow,
      private readonly reauthentication: ReauthenticateFlow,
      private readonly inputs: RequestSchemas,
      private readonly presented: PresentedTokens,
      private readonly contexts: CeremonyContexts,
      private readonly cookies: AuthCookies,
    ) {}

    @Route(
      routes.me,
      Get('me'),
      SignedIn(
        {
          summary: 'Who the caller is',
          answers: { 200: { description: 'The caller.', schema: ME_ANSWER } },
        },
        'anybody',
      ),
    )
    async me(@Req() request: HttpRequest): Promise<MeBody> {
      const principal = callerOf(request);
      return meBody(principal, await this.caller.accountOf(principal));
    }

    @Route(
      routes.password,
      Post('password'),
      HttpCode(200),
      SignedIn({
        summary: 'Change the password; every other session ends',
        body: { required: 'required', schema: PASSWORD_BODY },
        headers: RETRY_KEY,
        answers: {
          200: { description: 'New tokens for this session.', schema: TOKEN_ANSWER },
          ...errorAnswers(400, 403, 429),
        },
      }),
    )
    async password(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<TokenBody> {
      const { refreshToken: inBody, ...input } = this.inputs.read('password', jsonBodyOf(request));
      const refreshToken = this.presented.refreshToken(request, inBody)?.value;
      const grant = await this.changePassword.changePassword(
        callerOf(request),
        {
          ...input,
          refreshToken,
          key: this.inputs.retryKey(request),
          device: this.presented.device(request, undefined),
        },
        clientOf(request),
      );
      this.cookies.renew(response, grant);
      return tokenBody(grant);
    }

    @Route(
      routes.reauthenticate,
      Post('reauthenticate'),
      HttpCode(200),
      SignedIn({
        summary: 'Prove a credential again for a fresh auth_time',
        body: { required: 'required', schema: REAUTHENTICATE_BODY },
        headers: RETRY_KEY,
        answers: {
          200: { description: 'New tokens for this session.', schema: TOKEN_ANSWER },
          ...errorAnswers(400, 403, 429),
        },
      }),
    )
    async reauthenticate(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<TokenBody> {
      const { refreshToken: inBody, ...input } = this.inputs.read(
        'reauthenticate',
        jsonBodyOf(request),
      );
      const refreshToken = this.presented.refreshToken(request, inBody)?.value;
      const grant = await this.reauthentication.reauthenticate(
        callerOf(request),
        {
          ...input,
          refreshToken,
          key: this.inputs.retryKey(request),
          device: this.presented.device(request, undefined),
        },
        await this.contexts.of(request),
      );
      this.cookies.renew(response, grant);
      return tokenBody(grant);
    }
  }
  return AccountController;
}
