import { Delete, Get, HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { FactorBody, LoginAnswer, SecondFactorDue } from '../../contract/index.js';
import { ManageFactorsFlow } from '../flows/manage-factors.flow.js';
import { SecondFactorLoginFlow } from '../flows/second-factor-login.flow.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { type HttpRequest, type HttpResponse, parameterOf } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { CeremonyContexts } from './ceremony-contexts.service.js';
import * as shapes from './factor-openapi.js';
import { FactorsOnGuard } from './switched-on.guards.js';
import { jsonBodyOf } from './json-body.js';
import { LOGIN_ANSWER } from './openapi-schemas.js';
import { RequestSchemas } from './request-schemas.service.js';
import { factorBody } from './response-bodies.js';
import { AuthController, Open, Route, type Routes, SignedIn } from './route.js';
import { SignIns } from './sign-ins.service.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The second step of a sign-in, and the caller's own factors (contract, section 9). */
export function createFactorsController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(FactorsOnGuard)
  class FactorsController {
    constructor(
      private readonly secondStep: SecondFactorLoginFlow,
      private readonly factors: ManageFactorsFlow,
      private readonly contexts: CeremonyContexts,
      private readonly inputs: RequestSchemas,
      private readonly signIns: SignIns,
    ) {}

    @Route(
      routes.factors,
      Post('login/second-factor'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'The second step of a sign-in',
        body: { required: 'required', schema: shapes.SECOND_FACTOR_BODY },
        answers: {
          200: {
            description: 'Signed in, with the transport and "remember me" of the first step.',
            schema: LOGIN_ANSWER,
          },
          ...errorAnswers(400, 401, 403, 429, 503),
        },
      }),
    )
    async login(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<LoginAnswer | SecondFactorDue> {
      const input = this.inputs.read('secondFactor', jsonBodyOf(request));
      return this.signIns.answer(request, response, input, async (given, proved) =>
        this.secondStep.login(given, await this.contexts.of(request, proved)),
      );
    }

    @Route(
      routes.factors,
      Get('factors'),
      SignedIn({
        summary: 'List the second factors of the caller',
        answers: {
          200: { description: 'The factors that are in use.', schema: shapes.FACTORS_ANSWER },
        },
      }),
    )
    async list(@Req() request: HttpRequest): Promise<readonly FactorBody[]> {
      return (await this.factors.list(callerOf(request))).map(factorBody);
    }

    @Route(
      routes.factors,
      Post('factors/totp'),
      SignedIn({
        summary: 'Create a secret for an authenticator app; its first code confirms it',
        body: { required: 'optional', schema: shapes.NAME_BODY },
        answers: {
          201: { description: 'Shown once.', schema: shapes.TOTP_ANSWER },
          ...errorAnswers(400, 403),
        },
      }),
    )
    async startTotp(@Req() request: HttpRequest): Promise<object> {
      const { name } = this.inputs.read('factorName', jsonBodyOf(request));
      return this.factors.startTotp(callerOf(request), name);
    }

    @Route(
      routes.factors,
      Post('factors/totp/confirm'),
      HttpCode(200),
      SignedIn({
        summary: 'Confirm a new secret with its first code',
        body: { required: 'required', schema: shapes.CONFIRM_BODY },
        answers: {
          200: {
            description: 'Recovery codes, if this is the first factor.',
            schema: shapes.CODES_ANSWER,
          },
          ...errorAnswers(400, 403, 404, 429),
        },
      }),
    )
    async confirmTotp(@Req() request: HttpRequest): Promise<object> {
      const input = this.inputs.read('confirmTotp', jsonBodyOf(request));
      return this.factors.confirmTotp(callerOf(request), input);
    }

    @Route(
      routes.factors,
      Post('factors/recovery-codes'),
      HttpCode(200),
      SignedIn({
        summary: 'Create ten recovery codes; the former ones stop working',
        answers: {
          200: { description: 'Shown once.', schema: shapes.CODES_ANSWER },
          ...errorAnswers(403, 404, 429),
        },
      }),
    )
    async renewCodes(@Req() request: HttpRequest): Promise<object> {
      return this.factors.renewRecoveryCodes(callerOf(request));
    }

    @Route(
      routes.factors,
      Delete('factors/:id'),
      HttpCode(204),
      SignedIn({
        summary: 'Remove a second factor of the caller',
        parameter: 'id',
        answers: { 204: { description: 'Removed.' }, ...errorAnswers(403, 404) },
      }),
    )
    async remove(@Req() request: HttpRequest): Promise<void> {
      const id = parameterOf(request, 'id');
      if (!UUID.test(id)) throw new AuthError('factor_not_found', 'the id is not a factor id');
      await this.factors.remove(callerOf(request), id.toLowerCase());
    }
  }
  return FactorsController;
}
