import { request as send } from 'node:http';
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
import { AuthError } from '../../common/auth-error.js';
import { authToken } from '../../common/instance-token.js';
import { Clock } from '../../common/clock.js';
import type { Principal } from '../../common/principal.js';
import { AuthenticateFlow, type AuthenticateOptions } from '../authenticate.js';
import { CallerFlow } from '../../issue/flows/caller.flow.js';
import { ChangePasswordFlow } from '../../issue/flows/change-password.flow.js';
import { EndSessionsFlow } from '../../issue/flows/end-sessions.flow.js';
import type { IssuedTokens } from '../../issue/tokens/issued-tokens.js';
import type { PresentedToken } from '../presented-token.js';
import { LoginFlow } from '../../issue/flows/login.flow.js';
import { LogoutFlow } from '../../issue/flows/logout.flow.js';
import { ReauthenticateFlow } from '../../issue/flows/reauthenticate.flow.js';
import { RefreshFlow } from '../../issue/flows/refresh.flow.js';
import { RegisterFlow } from '../../issue/flows/register.flow.js';
import { Keyring } from '../keys/keyring.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { LoginThrottle } from '../../issue/users/login-throttle.service.js';
import { createAuthControllers, createRootControllers } from '../../issue/routes/index.js';
import type { Routes } from '../../issue/routes/route.js';
import { ROUTE_PROVIDERS } from '../../issue/routes/providers.js';
import { TokenVersionGuard } from '../../issue/sessions/token-version.guard.js';
import { DpopProofs } from '../dpop/dpop-proofs.service.js';
import { EDGE_PROVIDERS } from '../verify.providers.js';
import { FactorMethods } from '../../issue/factors/factor-methods.js';

export const SESSION_ID = '3f1d2c4b-5a69-4788-96a5-b4c3d2e1f001';
export const NOW_MS = 1_800_000_000_000;

export function principal(overrides: Partial<Principal> = {}): Principal {
  const now = NOW_MS / 1000;
  return {
    kind: 'user',
    id: 'u1',
    sessionId: SESSION_ID,
    tokenId: 't1',
    keyId: 'k1',
    tokenVersion: 1,
    role: 'user',
    permissions: ['notes:read'],
    authTime: now - 60,
    amr: ['pwd'],
    issuedAt: now,
    expiresAt: now + 900,
    claims: {},
    ...overrides,
  };
}

export function grant(overrides: Partial<IssuedTokens> = {}): IssuedTokens {
  return {
    sessionId: SESSION_ID,
    transport: 'cookie',
    persistence: 'persistent',
    tokenType: 'Bearer',
    accessToken: 'aaa.bbb.ccc',
    userId: 'u1',
    accessExpiresInSeconds: 900,
    refreshToken: 'rrr',
    refreshMaxAgeSeconds: 2_592_000,
    ...overrides,
  };
}

type Deep<T> = { [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

/** The options that the HTTP layer reads. */
export function settings(overrides: Deep<ResolvedAuthOptions> = {}): ResolvedAuthOptions {
  return {
    accessToken: { ttlSeconds: 900, clockToleranceSeconds: 30 },
    cookies: {
      accessName: 'access_token',
      refreshName: 'refresh_token',
      deviceName: 'device',
      oidcName: 'oidc_state',
      prefix: '',
      secure: true,
      sameSite: 'lax',
      accessPath: '/',
      refreshPath: '/auth',
      formerScopes: [],
      ...overrides.cookies,
    },
    origins: {
      trusted: new Set(['https://app.example.com']),
      trustProxy: false,
      ...overrides.origins,
    },
    passwords: { maxBytes: 1024 },
    identifier: { name: 'email' },
    refreshToken: { retryWindowMs: 900_000 },
    jwks: { cacheSeconds: 3600 },
    deviceBound: { mode: 'off' },
    discovery: {},
    trustedIssuers: [],
    routes: { prefix: 'auth' },
  } as unknown as ResolvedAuthOptions;
}

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

/** Tokens by name: `good`, `admin`, `slow` (answers later), `down`; anything else is refused. */
export class FakeAuthenticateFlow {
  readonly revocationModes: (string | undefined)[] = [];
  confirmed: 'agrees' | 'disagrees' | 'down' = 'agrees';
  known: Readonly<Record<string, Principal>> = {
    good: principal(),
    admin: principal({ id: 'u2', role: 'admin', permissions: ['notes:read', 'notes:write'] }),
    strong: principal({ amr: ['pwd', 'otp', 'mfa'] }),
    acting: principal({ actor: { id: 'u2' }, authTime: NOW_MS / 1000 }),
    early: principal({ authTime: NOW_MS / 1000 + 301 }),
    bare: principal({
      id: 'u3',
      role: undefined,
      permissions: [],
      authTime: undefined,
      amr: undefined,
    }),
  };

  authenticate(
    presented: PresentedToken,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    this.revocationModes.push(options?.revocationMode);
    if (presented.kind === 'none') throw new AuthError('token_missing', 'none');
    const value = presented.kind === 'token' ? presented.value : '';
    if (value === 'slow') return Promise.resolve(principal());
    if (value === 'slowly-down') return Promise.reject(AuthError.unavailable('redis'));
    if (value === 'down') throw AuthError.unavailable('redis');
    const found = Object.hasOwn(this.known, value) ? this.known[value] : undefined;
    if (!found) throw new AuthError('token_refused', 'a reason that must not show');
    return found;
  }

  assertCanConfirm(): void {
    // this test double can always answer
  }

  confirm(subject: Principal): Promise<Principal> {
    if (this.confirmed === 'down') return Promise.reject(AuthError.unavailable('postgres'));
    if (this.confirmed === 'disagrees')
      return Promise.reject(new AuthError('token_refused', 'role changed'));
    return Promise.resolve(subject);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly cookies: readonly string[];
  readonly text: string;
  readonly json: unknown;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly json?: unknown;
  readonly raw?: string;
}

export class TestApp {
  constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  call(method: string, path: string, { headers = {}, json, raw }: Call = {}): Promise<Answer> {
    const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const sent = {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    } as Record<string, string | string[]>;
    return new Promise((resolve, reject) => {
      const outgoing = send(
        { port: this.port, host: '127.0.0.1', method, path, headers: sent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = String(response.headers['content-type']).includes('json');
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              cookies: response.headers['set-cookie'] ?? [],
              text,
              json: isJson ? (JSON.parse(text) as unknown) : undefined,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

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
      provide: Keyring,
      useValue: {
        publicJwks: () => ({ keys: [{ kid: 'k1', kty: 'RSA', alg: 'RS256', use: 'sig' }] }),
      },
    },
    { provide: authToken(ResolvedAuthOptions), useExisting: ResolvedAuthOptions },
    { provide: authToken(Keyring), useExisting: Keyring },
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
