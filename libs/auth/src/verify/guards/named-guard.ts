import {
  type Abstract,
  type CanActivate,
  Inject,
  Injectable,
  mixin,
  type Type,
} from '@nestjs/common';
import { authToken } from '../../common/instance-token.js';

/** `guard` for a named instance: its only dependency, `of`, is that instance's. */
export function namedGuard<Dependency>(
  guard: Type<CanActivate>,
  of: Abstract<Dependency>,
  instance: string,
): Type<CanActivate> {
  @Injectable()
  class NamedGuard extends guard {
    static readonly instance = instance;

    constructor(@Inject(authToken(of, instance)) dependency: Dependency) {
      super(dependency);
    }
  }
  return mixin(NamedGuard);
}
