import { Controller, Get, type INestApplication, UseGuards } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Public, RecentAuth, Roles } from '../guards/decorators.js';
import { startApp } from './http-app.fixture.js';
import type { TestApp } from './test-app.fixture.js';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';

@Roles('admin')
@UseGuards(JwtAuthGuard)
@Controller('host')
class HostController {
  @Get('plain')
  plain(): void {
    return;
  }

  @Public()
  @Get('public')
  open(): void {
    return;
  }

  @RecentAuth('5m')
  @Get('recent')
  recent(): void {
    return;
  }
}

const documentOf = (app: INestApplication): OpenAPIObject =>
  SwaggerModule.createDocument(
    app,
    new DocumentBuilder().addBearerAuth().addCookieAuth('access_token').build(),
  );

interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
  readonly requestBody?: {
    required: boolean;
    content: Record<string, { schema: { properties: object } }>;
  };
}

describe('the OpenAPI description', () => {
  let started: TestApp;
  let paths: Record<string, Record<string, Operation>>;
  beforeAll(async () => {
    started = await startApp('express', { controllers: [HostController] });
    paths = documentOf(started.app).paths as unknown as typeof paths;
  });
  afterAll(() => started.app.close());

  it.each([
    ['post', '/auth/register', ['201', '400', '403', '409', '429', '503']],
    ['post', '/auth/login', ['200', '400', '401', '403', '429', '503']],
    ['post', '/auth/refresh', ['200', '400', '401', '403', '503']],
    ['post', '/auth/logout', ['204', '400', '403', '503']],
    ['post', '/auth/logout-all', ['204', '401', '403', '503']],
    ['get', '/auth/me', ['200', '401', '503']],
    ['get', '/auth/sessions', ['200', '401', '503']],
    ['delete', '/auth/sessions', ['204', '401', '403', '503']],
    ['delete', '/auth/sessions/{id}', ['204', '401', '403', '404', '503']],
    ['post', '/auth/password', ['200', '400', '401', '403', '429', '503']],
    ['post', '/auth/reauthenticate', ['200', '400', '401', '403', '429', '503']],
    ['post', '/auth/users/{id}/revoke', ['204', '401', '403', '404', '503']],
    ['get', '/.well-known/jwks.json', ['200']],
  ])('%s %s', (method, path, statuses) => {
    const operation = paths[path]?.[method];
    expect(operation?.summary).toBeTruthy();
    expect(Object.keys(operation?.responses ?? {}).sort()).toEqual(statuses);
    const open = ['register', 'login', 'refresh', 'logout', 'jwks.json'].includes(
      path.split('/').at(-1) ?? '',
    );
    expect(operation?.security).toEqual(open ? [] : [{ bearer: [] }, { cookie: [] }]);
  });

  // T-6c5g
  it('describes bodies and answers', () => {
    const login = paths['/auth/login']?.['post'];
    expect(login?.requestBody?.required).toBe(true);
    const { schema } = login?.requestBody?.content['application/json'] ?? {};
    expect(Object.keys(schema?.properties ?? {})).toEqual([
      'email',
      'password',
      'rememberMe',
      'transport',
      'device',
    ]);
    expect(login?.responses['401']?.content?.['application/json']?.schema).toMatchObject({
      required: ['statusCode', 'error', 'message', 'code'],
    });
    expect(paths['/auth/refresh']?.['post']?.requestBody?.required).toBe(false);
  });

  // T-hwms
  it('describes the requirements that decorators put on the host’s routes', () => {
    expect(Object.keys(paths['/host/plain']?.['get']?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '401', '403']),
    );
    expect(paths['/host/recent']?.['get']?.security).toContainEqual({ bearer: [] });
    expect(paths['/host/public']?.['get']?.security).toEqual([]);
  });

  it('leaves out what is switched off', async () => {
    const small = await startApp('express', {
      routes: { register: false, jwks: false, prefix: 'id' },
    });
    expect(Object.keys(documentOf(small.app).paths)).not.toContain('/id/register');
    expect(Object.keys(documentOf(small.app).paths)).toContain('/id/login');
    expect(Object.keys(documentOf(small.app).paths)).not.toContain('/.well-known/jwks.json');
    await small.app.close();
  });
});
