import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import passport from 'passport';
import { AuthError } from '../common/auth-error.js';
import { authToken, DEFAULT_INSTANCE } from '../common/instance-token.js';
import { JwtAuthGuard } from '../verify/guards/jwt-auth.guard.js';
import { countAsOurs } from '../verify/guards/holds.js';
import { RequestAuthenticator } from '../verify/http/request-authenticator.service.js';
import { type Application, Applications } from './applications.js';
import { JwtStrategy } from './jwt.strategy.js';
import { adopt, passportGuard } from './passport-guard.js';

export interface TokenwardPassportOptions {
  /** The name in `AuthGuard('jwt')`. Default: `jwt`; for a named instance `<instance>-jwt`. */
  readonly strategy?: string;
  /**
   * Which `AuthModule` answers, if the application has several. Default: the one without a name.
   */
  readonly instance?: string;
}

const OPTIONS = Symbol('TOKENWARD_PASSPORT_OPTIONS');
const applications = new Applications();

/**
 * For applications whose routes use `AuthGuard('jwt')` of `@nestjs/passport`: they behave as under
 * `JwtAuthGuard`, with its refusals, `@Public()` and requirements. Import it once, beside
 * `AuthModule`. Needs `@nestjs/passport`, `passport` and `passport-jwt`.
 */
@Module({})
export class TokenwardPassportModule implements OnModuleInit, OnApplicationShutdown {
  private readonly name: string;
  private readonly instance: string;
  private application: Application | undefined;

  constructor(
    @Inject(OPTIONS) { strategy, instance }: TokenwardPassportOptions,
    private readonly container: ModulesContainer,
    private readonly adapters: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {
    this.instance = instance ?? DEFAULT_INSTANCE;
    this.name = strategy ?? (instance === undefined ? 'jwt' : `${instance}-jwt`);
    // before any module asks which routes are guarded
    for (const guard of [this.name, undefined]) adopt(guard, applications);
    countAsOurs(container, passportGuard(this.name), this.instance);
  }

  static forRoot(options: TokenwardPassportOptions = {}): DynamicModule {
    return {
      module: TokenwardPassportModule,
      providers: [{ provide: OPTIONS, useValue: options }],
    };
  }

  onModuleInit(): void {
    this.refuseAnother();
    this.application = {
      guard: this.find(JwtAuthGuard),
      authenticator: this.find(RequestAuthenticator),
      container: this.container,
      server: this.adapters.httpAdapter?.getInstance<object>(),
    };
    applications.add(this.name, this.application);
    passport.use(this.name, new JwtStrategy((request) => this.authenticatorOf(request), this.name));
  }

  onApplicationShutdown(): void {
    if (this.application) applications.remove(this.name, this.application);
  }

  /** The strategy belongs to the process, so it looks up which application the request is for. */
  private authenticatorOf(request: object): RequestAuthenticator {
    const application = applications.find(this.name, { request });
    if (application) return application.authenticator;
    throw AuthError.configuration(
      `passport '${this.name}'`,
      'the request belongs to no application that imports TokenwardPassportModule',
    );
  }

  private find<T>(of: abstract new (...args: never[]) => T): T {
    const tokens = [
      authToken(of, this.instance),
      ...(this.instance === DEFAULT_INSTANCE ? [of] : []),
    ];
    for (const token of tokens)
      try {
        return this.modules.get<T>(token, { strict: false });
      } catch {
        // forResourceServer has no named instances
      }
    throw AuthError.configuration(
      'TokenwardPassportModule',
      `finds no AuthModule${this.instance === DEFAULT_INSTANCE ? '' : ` named '${this.instance}'`}; import it in this application`,
    );
  }

  /**
   * Of two strategies with the same name, passport keeps the later one. With the host's own
   * strategy, the order of registration would decide.
   */
  private refuseAnother(): void {
    for (const module of this.container.values())
      for (const { instance } of module.providers.values()) {
        const { name, authenticate } = (instance ?? {}) as {
          name?: unknown;
          authenticate?: unknown;
        };
        if (name === this.name && typeof authenticate === 'function')
          throw AuthError.configuration(
            'TokenwardPassportModule',
            `${(instance as object).constructor.name} is a strategy named '${this.name}', too; take it away, or give the module another strategy name`,
          );
      }
  }
}
