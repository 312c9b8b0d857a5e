import { HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { LoginAnswer, SecondFactorDue, UserBody } from '../../contract/index.js';
import { LoginFlow } from '../flows/login.flow.js';
import { RegisterFlow } from '../flows/register.flow.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { userBody } from './response-bodies.js';
import { RequestSchemas } from './request-schemas.service.js';
import { jsonBodyOf } from './json-body.js';
import { LOGIN_ANSWER, LOGIN_BODY, REGISTER_ANSWER, REGISTER_BODY } from './openapi-schemas.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { TenantReader } from './tenant-reader.service.js';
import { AuthController, Open, Route, type Routes } from './route.js';
import { SignIns } from './sign-ins.service.js';

/** `POST register` and `POST login`. */
export function createSignInController(routes: Routes): Type {
  @AuthController(routes.prefix)
  class SignInController {
    constructor(
      private readonly loginFlow: LoginFlow,
      private readonly registerFlow: RegisterFlow,
      private readonly inputs: RequestSchemas,
      private readonly tenants: TenantReader,
      private readonly signIns: SignIns,
    ) {}

    @Route(
      routes.register,
      Post('register'),
      UseGuards(OriginGuard),
      Open({
        summary: 'Register a user',
        body: { required: 'required', schema: REGISTER_BODY },
        answers: {
          201: { description: 'Registered. The user logs in next.', schema: REGISTER_ANSWER },
          ...errorAnswers(400, 403, 409, 429, 503),
        },
      }),
    )
    async register(@Req() request: HttpRequest): Promise<{ user: UserBody }> {
      const input = this.inputs.registration(jsonBodyOf(request));
      const client = await this.tenants.clientOf(request);
      return { user: userBody(await this.registerFlow.register(input, client)) };
    }

    @Route(
      routes.login,
      Post('login'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: "Log in with an email (or the host's identifier) and a password",
        body: { required: 'required', schema: LOGIN_BODY },
        answers: {
          200: {
            description:
              'Signed in. The transport decides which cookies are set. If a second factor is due, the answer is `{next: "second_factor", ticket, methods, expiresIn}` and no cookie is set.',
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
      const input = this.inputs.read('login', jsonBodyOf(request));
      return this.signIns.answer(request, response, input, async (given, proved) =>
        this.loginFlow.login(given, { ...(await this.tenants.clientOf(request)), ...proved }),
      );
    }
  }
  return SignInController;
}
