import { Delete, Get, HttpCode, Post, Req, Res, type Type } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { SessionBody } from '../../contract/index.js';
import { EndSessionsFlow } from '../flows/end-sessions.flow.js';
import { type HttpRequest, type HttpResponse, parameterOf } from '../../verify/http/adapter.js';
import { sessionBody } from './response-bodies.js';
import { AuthCookies } from './cookies.service.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { SESSIONS_ANSWER } from './openapi-schemas.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { AuthController, Route, type Routes, SignedIn } from './route.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The caller's sessions, and an admin's way to end another user's. */
export function createSessionsController(routes: Routes): Type {
  @AuthController(routes.prefix)
  class SessionsController {
    constructor(
      private readonly flow: EndSessionsFlow,
      private readonly cookies: AuthCookies,
    ) {}

    @Route(
      routes.sessions,
      Get('sessions'),
      SignedIn(
        {
          summary: 'List the sessions of the caller',
          answers: { 200: { description: 'Live sessions.', schema: SESSIONS_ANSWER } },
        },
        'people',
      ),
    )
    async list(@Req() request: HttpRequest): Promise<SessionBody[]> {
      const principal = callerOf(request);
      const sessions = await this.flow.list(principal);
      return sessions.map((session) => sessionBody(session, principal.sessionId));
    }

    @Route(
      routes.sessions,
      Delete('sessions/:id'),
      HttpCode(204),
      SignedIn(
        {
          summary: 'End one session of the caller',
          parameter: 'id',
          answers: { 204: { description: 'Ended.' }, ...errorAnswers(403, 404) },
        },
        'people',
      ),
    )
    async endOne(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<void> {
      const principal = callerOf(request);
      const id = parameterOf(request, 'id');
      if (!UUID.test(id)) throw new AuthError('session_not_found', 'the id is not a session id');
      const sessionId = id.toLowerCase();
      await this.flow.endOne(principal, sessionId);
      if (sessionId === principal.sessionId) this.cookies.clear(response);
    }

    @Route(
      routes.sessions,
      Delete('sessions'),
      HttpCode(204),
      SignedIn({
        summary: 'End all sessions of the caller but this one',
        answers: { 204: { description: 'Ended.' }, ...errorAnswers(403) },
      }),
    )
    async endOthers(@Req() request: HttpRequest): Promise<void> {
      await this.flow.endOthers(callerOf(request));
    }

    @Route(
      routes.logoutAll,
      Post('logout-all'),
      HttpCode(204),
      SignedIn({
        summary: 'End every session of the caller, this one too',
        answers: {
          204: { description: 'All sessions have ended, and every access token is refused.' },
          ...errorAnswers(403),
        },
      }),
    )
    async logoutAll(
      @Req() request: HttpRequest,
      @Res({ passthrough: true }) response: HttpResponse,
    ): Promise<void> {
      await this.flow.endAll(callerOf(request));
      this.cookies.clear(response);
    }

    @Route(
      routes.revokeUser,
      Post('users/:id/revoke'),
      HttpCode(204),
      SignedIn({
        summary: 'End every session of a user (role admin, checked against the database)',
        parameter: 'id',
        answers: { 204: { description: 'Ended.' }, ...errorAnswers(403, 404) },
      }),
    )
    async revokeUser(@Req() request: HttpRequest): Promise<void> {
      const admin = callerOf(request);
      await this.flow.revokeUser(admin, parameterOf(request, 'id'));
    }
  }
  return SessionsController;
}
