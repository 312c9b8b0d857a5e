import { applyDecorators, UseGuards } from '@nestjs/common';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { say } from './route-layers.js';
import { INSTANCE } from './route-metadata.js';

/**
 * Marks routes of a named instance: its `JwtAuthGuard` guards them, and a global guard of another instance lets them
 * pass. On a handler it overrides the class.
 */
export function AuthInstance(instance: string): MethodDecorator & ClassDecorator {
  return applyDecorators(say(INSTANCE, instance), UseGuards(JwtAuthGuard.for(instance)));
}
