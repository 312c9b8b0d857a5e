import { Get, type Type } from '@nestjs/common';
import { AnyOf, OptionalAuth, Permissions, Public, RecentAuth, Roles } from '@tokenward/nestjs';

/** The status without a token, for the role `user` and for the role `admin`. */
export type Expected = readonly [nobody: number, user: number, admin: number];

export const HELD: Expected = [401, 403, 200];
export const OPEN: Expected = [200, 200, 200];
export type HeldRoute = readonly [name: string, Type, Expected];

/** `@OptionalAuth()` and `@AnyOf()`, and what a class, a parent or another decorator adds to them. */
export function alternativeRoutes(entry: () => MethodDecorator = Get): readonly HeldRoute[] {
  class Optional {
    @OptionalAuth()
    @entry()
    call(): string {
      return 'in';
    }
  }
  @OptionalAuth()
  class OptionalClass {
    @Roles('admin')
    @entry()
    call(): string {
      return 'in';
    }
  }
  @Roles('admin')
  class OptionalHandlerOfHeldClass {
    @OptionalAuth()
    @entry()
    call(): string {
      return 'in';
    }
  }
  @Public()
  class OptionalHandlerOfPublicClass extends Optional {}
  class OverridesOptional extends Optional {
    @Roles('admin')
    @entry()
    override call(): string {
      return 'in';
    }
  }

  class OneOfTwo {
    @AnyOf(Roles('admin'), Permissions('notes:read'))
    @entry()
    call(): string {
      return 'in';
    }
  }
  class NoneOfTwo {
    @AnyOf(Roles('owner'), Permissions('nothing:read'))
    @entry()
    call(): string {
      return 'in';
    }
  }
  class OneOfThree {
    @AnyOf(AnyOf(Roles('owner'), Permissions('nothing:read')), Roles('admin'))
    @entry()
    call(): string {
      return 'in';
    }
  }
  class AnyOfAndMore {
    @AnyOf(Roles('admin'), Roles('user'))
    @Permissions('notes:write')
    @entry()
    call(): string {
      return 'in';
    }
  }
  @AnyOf(Roles('owner'), Permissions('nothing:read'))
  class AnyOfOfClass {
    @AnyOf(Roles('user'), Roles('admin'))
    @entry()
    call(): string {
      return 'in';
    }
  }
  class OldProofOrRole {
    @AnyOf(RecentAuth(1), Roles('admin'))
    @entry()
    call(): string {
      return 'in';
    }
  }

  return [
    ['the handler takes nobody, too', Optional, OPEN],
    ['a handler of a class that takes nobody asks for a role', OptionalClass, HELD],
    ['a handler takes nobody, and its class asks for a role', OptionalHandlerOfHeldClass, HELD],
    [
      'a handler that takes nobody is inherited by a public class',
      OptionalHandlerOfPublicClass,
      OPEN,
    ],
    ['a handler that takes nobody is overridden and asks for a role', OverridesOptional, HELD],
    ['one of two is enough', OneOfTwo, [401, 200, 200]],
    ['one of two, and neither is there', NoneOfTwo, [401, 403, 403]],
    ['one of three, as one of two within one of two', OneOfThree, HELD],
    ['one of two, and a permission beside it', AnyOfAndMore, HELD],
    ['the handler’s one of two takes the place of its class’s', AnyOfOfClass, [401, 200, 200]],
    ['an old proof or a role', OldProofOrRole, [401, 401, 200]],
  ];
}
