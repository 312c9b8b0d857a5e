import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.js';
import type { AuthModuleOptions } from '../auth.module-definition.js';
import type { AuthModuleExtras } from '../options/auth-options.js';
import { memoryAuthOptions } from './memory-auth-options.js';

/**
 * The complete `AuthModule`, routes and guards included, with stores in memory. Its data is lost with the application.
 */
@Module({})
export class AuthTestingModule {
  /**
   * `changes` are options of `AuthModule.forRoot` that replace those of `memoryAuthOptions()`. The module is global
   * unless `isGlobal` is false.
   */
  static forRoot(changes: Partial<AuthModuleOptions> & AuthModuleExtras = {}): DynamicModule {
    return AuthModule.forRoot({ isGlobal: true, ...changes, ...memoryAuthOptions(changes) });
  }
}
