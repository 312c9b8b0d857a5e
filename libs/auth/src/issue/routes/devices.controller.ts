import { HttpCode, Post, Req, Res, type Type, UseGuards } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  clientOf,
  headerValues,
  type HttpRequest,
  type HttpResponse,
} from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { type SessionInstructions, sessionInstructions } from '../devices/session-instructions.js';
import type { PresentedDevice } from '../flows/device-sessions.service.js';
import { ProveDeviceFlow } from '../flows/prove-device.flow.js';
import { RegisterDeviceFlow } from '../flows/register-device.flow.js';
import type { RenewedTokens } from '../tokens/issued-tokens.js';
import { CookiePath } from './cookie-path.service.js';
import { AuthCookies } from './cookies.service.js';
import { SESSION_INSTRUCTIONS } from './openapi-schemas.js';
import { AuthController, Open, Route, type Routes } from './route.js';
import { DeviceBoundOnGuard } from './switched-on.guards.js';

/** The routes of Device Bound Session Credentials, which browsers call by themselves (contract, section 10). */
export function createDevicesController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(DeviceBoundOnGuard)
  class DevicesController {
    constructor(
      private readonly registering: RegisterDeviceFlow,
      private readonly proving: ProveDeviceFlow,
      private readonly presented: PresentedTokens,
      private readonly cookies: AuthCookies,
      private readonly cookiePath: CookiePath,
      private readonly options: ResolvedAuthOptions,
    ) {}

    @Route(
      true,
      Post('device'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'Bind the session of the refresh cookie to the key of the browser',
        description:
          'Browsers call it by themselves after `Secure-Session-Registration`. Experimental.',
        answers: {
          200: {
            description:
              'The session is bound, and the new access cookie belongs to the bound session.',
            schema: SESSION_INSTRUCTIONS,
          },
          ...errorAnswers(401, 403, 503),
        },
      }),
    )
    register(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<SessionInstructions> {
      return this.answer(request, response, (device) =>
        this.registering.register(device, clientOf(request)),
      );
    }

    @Route(
      true,
      Post('device/refresh'),
      HttpCode(200),
      UseGuards(OriginGuard),
      Open({
        summary: 'Renew the access cookie of a bound session by a proof of its key',
        description:
          'A request without a proof is 403 with `Secure-Session-Challenge`, which the browser signs. Experimental.',
        answers: {
          200: { description: 'The access cookie is renewed.', schema: SESSION_INSTRUCTIONS },
          ...errorAnswers(401, 403, 503),
        },
      }),
    )
    refresh(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<SessionInstructions> {
      return this.answer(request, response, (device) =>
        this.proving.prove(device, clientOf(request)),
      );
    }

    private async answer(
      request: HttpRequest,
      response: HttpResponse,
      run: (device: PresentedDevice) => Promise<RenewedTokens>,
    ): Promise<SessionInstructions> {
      try {
        const grant = await run(this.deviceOf(request));
        this.cookies.renew(response, grant);
        return sessionInstructions(this.options, grant.sessionId, this.cookiePath.routesPath);
      } catch (error) {
        this.cookies.clearSpent(request, response, error);
        throw error;
      }
    }

    private deviceOf(request: HttpRequest): PresentedDevice {
      const [proof, ...further] = headerValues(request, 'secure-session-response');
      const [sessionId] = headerValues(request, 'sec-secure-session-id');
      return {
        refresh: this.presented.refreshToken(request, undefined),
        // several proofs are refused like a malformed one: it is unclear which of them counts
        proof: further.length > 0 ? '' : proof,
        sessionId: sessionId?.replace(/^"(.*)"$/, '$1'),
      };
    }
  }
  return DevicesController;
}
