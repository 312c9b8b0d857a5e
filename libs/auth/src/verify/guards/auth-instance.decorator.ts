import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { INSTANCE } from './route-metadata.js';

/**
 * Routes of a named instance: its `JwtAuthGuard` guards them, and one of another instance that is global lets them pass. A class or a handler:
 * the handler's own word counts.
 */
export function AuthInstance(instance: string): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(INSTANCE, instance), UseGuards(JwtAuthGuard.for(instance)));
}
