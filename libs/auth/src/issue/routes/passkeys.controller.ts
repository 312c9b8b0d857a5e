import { HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { LoginAnswer, SecondFactorDue } from '../../contract/index.js';
import { ManageFactorsFlow } from '../flows/manage-factors.flow.js';
import { PasskeyLoginFlow } from '../flows/passkey-login.flow.js';
import { callerOf } from '../../verify/guards/call-context.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { CeremonyContexts } from './ceremony-contexts.service.js';
import * as shapes from './factor-openapi.js';
import { FactorsOnGuard } from './switched-on.guards.js';
import { jsonBodyOf } from './json-body.js';
import { SIGNED_IN } from './openapi-schemas.js';
import { RequestSchemas } from './request-schemas.service.js';
import { AuthController, Open, Route, type Routes, SignedIn } from './route.js';
import { SignIns } from './sign-ins.service.js';

/** WebAuthn: a signed-in caller registers a passkey, and anybody may sign in with one (contract, section 9). */
export function createPasskeysController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(FactorsOnGuard)
  class PasskeysController {
    constructor(
      private readonly signIn: PasskeyLoginFlow,
      private readonly factors: ManageFactorsFlow,
      private readonly contexts: CeremonyContexts,
      private readonly inputs: RequestSchemas,
      private readonly signIns: SignIns,
    ) {}

    @Route(
      routes.factors,
      Post('passkeys/register/options'),
      HttpCode(200),
      SignedIn({
        summary: 'Options for navigator.credentials.create()',
        answers: {
          200: { description: 'A challenge that works once.', schema: shapes.OPTIONS_ANSWER },
          ...errorAnswers(400, 403),
        },
      }),
    )
    async registerOptions(@Req() request: HttpRequest): Promise<object> {
      return this.factors.registerOptions(
        callerOf(request),
        (await this.contexts.of(request)).origin,
      );
    }

    @Route(
      routes.factors,
      Post('passkeys/register'),
      SignedIn({
        summary: 'Register a passkey',
        body: { required: 'required', schema: shapes.REGISTER_PASSKEY_BODY },
        answers: {
          201: { description: 'Registered.', schema: shapes.ID_ANSWER },
          ...errorAnswers(400, 403, 429),
        },
      }),
    )
    async register(@Req() request: HttpRequest): Promise<{ readonly id: string }> {
      const input = this.inputs.read('registerPasskey', jsonBodyOf(request));
      return this.factors.register(callerOf(request), input, await this.contexts.of(request));
    }

    @Route(
      routes.factors,
      Post('passkeys/login/options'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary:
          'Options for navigator.credentials.get(); with a ticket for the second step of its login',
        body: { required: 'optional', schema: shapes.TICKET_BODY },
        answers: {
          200: { description: 'A challenge that works once.', schema: shapes.OPTIONS_ANSWER },
          ...errorAnswers(400, 401, 403, 503),
        },
      }),
    )
    async loginOptions(@Req() request: HttpRequest): Promise<object> {
      const { ticket } = this.inputs.read('ticket', jsonBodyOf(request));
      return this.signIn.options(ticket, (await this.contexts.of(request)).origin);
    }

    @Route(
      routes.factors,
      Post('passkeys/login'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'Log in with a passkey',
        body: { required: 'required', schema: shapes.PASSKEY_LOGIN_BODY },
        answers: {
          200: SIGNED_IN,
          ...errorAnswers(400, 401, 403, 429, 503),
        },
      }),
    )
    async login(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<LoginAnswer | SecondFactorDue> {
      const input = this.inputs.read('passkeyLogin', jsonBodyOf(request));
      return this.signIns.answer(request, response, input, async (given, proved) =>
        this.signIn.login(given, await this.contexts.of(request, proved)),
      );
    }
  }
  return PasskeysController;
}
