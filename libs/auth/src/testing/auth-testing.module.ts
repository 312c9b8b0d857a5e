import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.js';
import type { AuthModuleOptions } from '../auth.module-definition.js';
import type { AuthModuleExtras } from '../options/auth-options.js';
import { memoryAuthOptions } from './memory-auth-options.js';

/** The whole `AuthModule`, routes and guards, on memory stores: what it keeps is gone with the application. */
@Module({})
export class AuthTestingModule {
  /** `changes` are options of `AuthModule.forRoot`, which take the place of `memoryAuthOptions()`'s. Visible everywhere unless `isGlobal` is false. */
  static forRoot(changes: Partial<AuthModuleOptions> & AuthModuleExtras = {}): DynamicModule {
    return AuthModule.forRoot({ isGlobal: true, ...changes, ...memoryAuthOptions(changes) });
  }
}
