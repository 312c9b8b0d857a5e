import { HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { LoginAnswer, SecondFactorDue } from '../../contract/index.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { MagicLinkLoginFlow } from '../flows/magic-link-login.flow.js';
import { RequestLinkFlow } from '../flows/request-link.flow.js';
import { jsonBodyOf } from './json-body.js';
import { EMAIL_BODY, LINK_ASKED, SIGNED_IN, MAGIC_LOGIN_BODY } from './openapi-schemas.js';
import { RequestSchemas } from './request-schemas.service.js';
import { AuthController, Open, Route, type Routes } from './route.js';
import { SignIns } from './sign-ins.service.js';
import { AccountsOnGuard } from './switched-on.guards.js';
import { TenantReader } from './tenant-reader.service.js';

/** The link that signs in: asking for it, and using it (contract, section 8). */
export function createMagicLinkController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(AccountsOnGuard)
  class MagicLinkController {
    constructor(
      private readonly links: RequestLinkFlow,
      private readonly magicLink: MagicLinkLoginFlow,
      private readonly inputs: RequestSchemas,
      private readonly tenants: TenantReader,
      private readonly signIns: SignIns,
    ) {}

    @Route(
      routes.accounts,
      Post('magic-link'),
      HttpCode(202),
      UseGuards(OriginGuard),
      Open({
        summary: 'Ask for a link that signs in',
        body: { required: 'required', schema: EMAIL_BODY },
        answers: { 202: { description: LINK_ASKED }, ...errorAnswers(400, 403, 429, 503) },
      }),
    )
    async askForMagicLink(@Req() request: HttpRequest): Promise<void> {
      const { email } = this.inputs.read('forgot', jsonBodyOf(request));
      await this.links.request('magic_link', email, await this.tenants.clientOf(request));
    }

    @Route(
      routes.accounts,
      Post('magic-link/login'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'Log in with a mailed token',
        body: { required: 'required', schema: MAGIC_LOGIN_BODY },
        answers: {
          200: SIGNED_IN,
          ...errorAnswers(400, 403, 503),
        },
      }),
    )
    async signIn(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<LoginAnswer | SecondFactorDue> {
      const input = this.inputs.read('magicLogin', jsonBodyOf(request));
      return this.signIns.answer(request, response, input, async (given, proved) =>
        this.magicLink.login(given, { ...(await this.tenants.clientOf(request)), ...proved }),
      );
    }
  }
  return MagicLinkController;
}
