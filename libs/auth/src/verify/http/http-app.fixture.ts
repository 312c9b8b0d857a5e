import {
  type DynamicModule,
  type INestApplication,
  type LoggerService,
  Module,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { authToken } from '../../common/instance-token.js';
import { Clock } from '../../common/clock.js';
import { AuthenticateFlow } from '../authenticate.js';
import { CallerFlow } from '../../issue/flows/caller.flow.js';
import { ChangePasswordFlow } from '../../issue/flows/change-password.flow.js';
import { EndSessionsFlow } from '../../issue/flows/end-sessions.flow.js';
import { LoginFlow } from '../../issue/flows/login.flow.js';
import { LogoutFlow } from '../../issue/flows/logout.flow.js';
import { ReauthenticateFlow } from '../../issue/flows/reauthenticate.flow.js';
import { RefreshFlow } from '../../issue/flows/refresh.flow.js';
import { RegisterFlow } from '../../issue/flows/register.flow.js';
import { KeyRotation } from '../../issue/keys/key-rotation.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { LoginThrottle } from '../../issue/users/login-throttle.service.js';
import { createAuthControllers, createRootControllers } from '../../issue/routes/index.js';
import type { Routes } from '../../issue/routes/route.js';
import { ROUTE_PROVIDERS } from '../../issue/routes/providers.js';
import { TokenVersionGuard } from '../../issue/sessions/token-version.guard.js';
import { DpopProofs } from '../dpop/dpop-proofs.service.js';
import { EDGE_PROVIDERS } from '../verify.providers.js';
import { FactorMethods } from '../../issue/factors/factor-methods.js';
import { FakeAuthenticateFlow } from './fake-authenticate.fixture.js';
import { NOW_MS, settings } from './samples.fixture.js';
import { TestApp } from './test-app.fixture.js';

const ALL_ROUTES: Routes = {
  prefix: 'auth',
  register: true,
  login: true,
  refresh: true,
  logout: true,
  logoutAll: true,
  me: true,
  sessions: true,
  password: true,
  reauthenticate: true,
  revokeUser: true,
  accounts: false,
  factors: false,
  apiKeys: false,
  device: false,
  jwks: true,
  discovery: true,
};

export interface AppParts {
  readonly flows?: Readonly<Record<string, object>>;
  readonly authenticate?: FakeAuthenticateFlow;
  readonly proofs?: object;
  readonly options?: ResolvedAuthOptions;
  readonly routes?: Partial<Routes>;
  readonly imports?: readonly (Type | DynamicModule)[];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly logger?: LoggerService;
  readonly prepare?: (app: INestApplication) => void;
}

const FLOWS = {
  CallerFlow,
  ChangePasswordFlow,
  EndSessionsFlow,
  LoginFlow,
  LogoutFlow,
  ReauthenticateFlow,
  RefreshFlow,
  RegisterFlow,
};

@Module({})
class EdgeModule {}

/** The HTTP layer as a separate module, to prove that its filter reaches the host's routes. */
export function edge(parts: AppParts): DynamicModule {
  const flows = Object.entries(FLOWS).map(([name, provide]) => ({
    provide,
    useValue: parts.flows?.[name] ?? {},
  }));
  const own: Provider[] = [
    ...flows,
    { provide: AuthenticateFlow, useValue: parts.authenticate ?? new FakeAuthenticateFlow() },
    { provide: ResolvedAuthOptions, useValue: parts.options ?? settings() },
    {
      provide: DpopProofs,
      useValue: parts.proofs ?? {
        provedBy: (_: unknown, work: (proved: object) => unknown) => work({}),
      },
    },
    { provide: FactorMethods, useValue: {} },
    { provide: LoginThrottle, useValue: {} },
    { provide: Clock, useValue: { now: () => NOW_MS, monotonic: () => 0 } },
    {
      provide: KeyRotation,
      useValue: {
        publicJwks: () => ({ keys: [{ kid: 'k1', kty: 'RSA', alg: 'RS256', use: 'sig' }] }),
      },
    },
    { provide: authToken(ResolvedAuthOptions), useExisting: ResolvedAuthOptions },
    { provide: authToken(KeyRotation), useExisting: KeyRotation },
  ];
  const providers = [...own, ...EDGE_PROVIDERS, TokenVersionGuard, ...ROUTE_PROVIDERS];
  const exports = providers.flatMap((each) =>
    typeof each === 'function' ? [each] : 'useValue' in each ? [each.provide] : [],
  );
  const routes = { ...ALL_ROUTES, ...parts.routes };
  return {
    module: EdgeModule,
    global: true,
    controllers: [...createAuthControllers(routes), ...createRootControllers(routes)],
    providers,
    exports,
  };
}

export const ADAPTERS = ['express', 'fastify'] as const;

export async function startApp(
  adapter: (typeof ADAPTERS)[number],
  parts: AppParts = {},
): Promise<TestApp> {
  const testing = await Test.createTestingModule({
    imports: [edge(parts), ...(parts.imports ?? [])],
    controllers: [...(parts.controllers ?? [])],
    providers: [...(parts.providers ?? [])],
  }).compile();
  const app = testing.createNestApplication(
    adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  );
  app.useLogger(parts.logger ?? false);
  parts.prepare?.(app);
  // an application that does not boot leaves no handle open
  await app.listen(0, '127.0.0.1').catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  return new TestApp(app, (app.getHttpServer() as { address(): { port: number } }).address().port);
}
