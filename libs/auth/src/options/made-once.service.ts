import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthError } from '../common/auth-error.js';
import { ResolvedAuthOptions } from './resolved-options.js';

/**
 * Options that hang on a provider of request scope carry everything of the module along: nothing would be looked at
 * now, and each request would make keys, stores and a view of revocations of its own. So the boot stops.
 */
@Injectable()
export class MadeOnce implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    const own = [...this.modules.values()].find(
      ({ providers }) => providers.get(MadeOnce)?.instance === this,
    );
    if (own?.providers.get(ResolvedAuthOptions)?.isDependencyTreeStatic() !== false) return;
    throw AuthError.configuration(
      'the asynchronous options',
      'are made once, and hang on a provider of request scope (Scope.REQUEST, or REQUEST itself): inject what the whole application shares',
    );
  }
}
