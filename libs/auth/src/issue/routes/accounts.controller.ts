import { HttpCode, Post, Req, type Type, UseGuards } from '@nestjs/common';
import { ChangeEmailFlow } from '../flows/change-email.flow.js';
import { RequestLinkFlow } from '../flows/request-link.flow.js';
import { ResetPasswordFlow } from '../flows/reset-password.flow.js';
import { SendVerificationFlow } from '../flows/send-verification.flow.js';
import { VerifyEmailFlow } from '../flows/verify-email.flow.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { RecentAuth } from '../../verify/guards/decorators.js';
import { clientOf, type HttpRequest } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { AccountsOnGuard } from './switched-on.guards.js';
import { jsonBodyOf } from './json-body.js';
import { EMAIL_BODY, LINK_ASKED, LINK_BODY, RESET_BODY } from './openapi-schemas.js';
import { RequestSchemas } from './request-schemas.service.js';
import { AuthController, Open, Route, type Routes, SignedIn } from './route.js';
import { TenantReader } from './tenant-reader.service.js';

/** The routes of passwords and emails that mail a link or use one (contract, section 8). */
export function createAccountsController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(AccountsOnGuard)
  class AccountsController {
    constructor(
      private readonly links: RequestLinkFlow,
      private readonly resetting: ResetPasswordFlow,
      private readonly verification: SendVerificationFlow,
      private readonly verifying: VerifyEmailFlow,
      private readonly changing: ChangeEmailFlow,
      private readonly inputs: RequestSchemas,
      private readonly tenants: TenantReader,
      private readonly presented: PresentedTokens,
    ) {}

    @Route(
      routes.accounts,
      Post('password/forgot'),
      HttpCode(202),
      UseGuards(OriginGuard),
      Open({
        summary: 'Ask for a link to a new password',
        body: { required: 'required', schema: EMAIL_BODY },
        answers: { 202: { description: LINK_ASKED }, ...errorAnswers(400, 403, 429, 503) },
      }),
    )
    async forgot(@Req() request: HttpRequest): Promise<void> {
      const { email } = this.inputs.read('forgot', jsonBodyOf(request));
      await this.links.request('password_reset', email, await this.tenants.clientOf(request));
    }

    @Route(
      routes.accounts,
      Post('password/reset'),
      HttpCode(204),
      UseGuards(OriginGuard),
      Open({
        summary: 'Set a new password with a mailed token; every session ends',
        body: { required: 'required', schema: RESET_BODY },
        answers: {
          204: { description: 'The password is set. The user signs in next.' },
          ...errorAnswers(400, 403, 503),
        },
      }),
    )
    async reset(@Req() request: HttpRequest): Promise<void> {
      const input = this.inputs.read('reset', jsonBodyOf(request));
      const device = this.presented.device(request, input.device);
      await this.resetting.reset({ ...input, device }, clientOf(request));
    }

    @Route(
      routes.accounts,
      Post('email/verify/send'),
      HttpCode(202),
      SignedIn({
        summary: 'Ask for a link that verifies the email',
        answers: { 202: { description: 'The mail is on its way.' }, ...errorAnswers(403, 429) },
      }),
    )
    async sendVerification(@Req() request: HttpRequest): Promise<void> {
      await this.verification.send(callerOf(request), clientOf(request));
    }

    @Route(
      routes.accounts,
      Post('email/verify'),
      HttpCode(204),
      UseGuards(OriginGuard),
      Open({
        summary: 'Verify an email, or a change of it, with a mailed token',
        body: { required: 'required', schema: LINK_BODY },
        answers: { 204: { description: 'Verified.' }, ...errorAnswers(400, 403, 503) },
      }),
    )
    async verify(@Req() request: HttpRequest): Promise<void> {
      const { token } = this.inputs.read('link', jsonBodyOf(request));
      await this.verifying.verify(token, clientOf(request));
    }

    @Route(
      routes.accounts,
      Post('email/change'),
      HttpCode(202),
      RecentAuth('5m'),
      SignedIn({
        summary:
          'Ask for another email; the link goes to the new one (credential proof at most 5 minutes old)',
        body: { required: 'required', schema: EMAIL_BODY },
        answers: {
          202: { description: 'The mail is on its way.' },
          ...errorAnswers(400, 403, 429),
        },
      }),
    )
    async changeEmail(@Req() request: HttpRequest): Promise<void> {
      const { email } = this.inputs.read('changeEmail', jsonBodyOf(request));
      await this.changing.request(callerOf(request), email, clientOf(request));
    }
  }
  return AccountsController;
}
