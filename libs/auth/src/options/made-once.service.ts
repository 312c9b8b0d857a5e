import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthError } from '../common/auth-error.js';
import { ResolvedAuthOptions } from './resolved-options.js';

/**
 * Options that depend on a provider of request scope give the whole module that scope: nothing would be checked at
 * boot, and each request would make keys, stores and a revocation view of its own. So the boot stops.
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
      'are made once, but depend on a provider of request scope (Scope.REQUEST, or REQUEST itself): inject only what the whole application shares',
    );
  }
}
