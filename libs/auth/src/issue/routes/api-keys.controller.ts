import { Delete, Get, HttpCode, Post, Req, type Type, UseGuards } from '@nestjs/common';
import type { ApiKeyBody, CreatedApiKeyBody } from '../../contract/index.js';
import { callerOf } from '../../verify/guards/call-context.js';
import { type HttpRequest, parameterOf } from '../../verify/http/adapter.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { ApiKeysFlow } from '../flows/api-keys.flow.js';
import { ApiKeysOnGuard } from './switched-on.guards.js';
import { API_KEY_BODY, API_KEYS_ANSWER, CREATED_API_KEY_ANSWER } from './openapi-schemas.js';
import { jsonBodyOf } from './json-body.js';
import { RequestSchemas } from './request-schemas.service.js';
import { apiKeyBody } from './response-bodies.js';
import { AuthController, Route, type Routes, SignedIn } from './route.js';

/** API keys: the owner makes, lists and deletes them (contract, section 11). */
export function createApiKeysController(routes: Routes): Type {
  @AuthController(routes.prefix)
  @UseGuards(ApiKeysOnGuard)
  class ApiKeysController {
    constructor(
      private readonly keys: ApiKeysFlow,
      private readonly schemas: RequestSchemas,
    ) {}

    @Route(
      true,
      Post('api-keys'),
      HttpCode(201),
      SignedIn({
        summary: 'Create an API key for the caller; it is shown once',
        body: { required: 'required', schema: API_KEY_BODY },
        answers: {
          201: { description: 'The key.', schema: CREATED_API_KEY_ANSWER },
          ...errorAnswers(400, 403, 429),
        },
      }),
    )
    async create(@Req() request: HttpRequest): Promise<CreatedApiKeyBody> {
      const { id: actorId, sessionId } = callerOf(request);
      const by = { actorId, sessionId };
      return this.keys.create(actorId, this.schemas.read('apiKey', jsonBodyOf(request)), by);
    }

    @Route(
      true,
      Get('api-keys'),
      SignedIn({
        summary: 'List the API keys of the caller',
        answers: {
          200: { description: 'The keys.', schema: API_KEYS_ANSWER },
          ...errorAnswers(403),
        },
      }),
    )
    async list(@Req() request: HttpRequest): Promise<ApiKeyBody[]> {
      return (await this.keys.list(callerOf(request).id)).map(apiKeyBody);
    }

    @Route(
      true,
      Delete('api-keys/:id'),
      HttpCode(204),
      SignedIn({
        summary: 'Delete an API key of the caller',
        parameter: 'id',
        answers: {
          204: { description: 'Deleted; refused everywhere.' },
          ...errorAnswers(403, 404),
        },
      }),
    )
    async remove(@Req() request: HttpRequest): Promise<void> {
      const { id: actorId } = callerOf(request);
      await this.keys.remove(actorId, parameterOf(request, 'id'), { actorId });
    }
  }
  return ApiKeysController;
}
