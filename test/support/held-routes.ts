import { applyDecorators, Get, mixin } from '@nestjs/common';
import { Permissions, Public, RecentAuth, Roles } from '@tokenward/nestjs';
import { alternativeRoutes, HELD, type HeldRoute, OPEN } from './alternative-routes.js';

/**
 * Every way in which classes can declare a requirement, and the expected result. Made for each application, which
 * applies its own guards. `entry` makes the handler one of another transport.
 */
export function heldRoutes(entry: () => MethodDecorator = Get): readonly HeldRoute[] {
  class OnHandler {
    @Roles('admin')
    @entry()
    call(): string {
      return 'in';
    }
  }

  @Roles('admin')
  class OnClass {
    @entry()
    call(): string {
      return 'in';
    }
  }

  class Composed {
    @applyDecorators(entry(), Roles('admin'), Permissions('notes:write'))
    call(): string {
      return 'in';
    }
  }

  class OldProof {
    @RecentAuth(1)
    @entry()
    call(): string {
      return 'in';
    }
  }

  @Public()
  class OpenClass {
    @entry()
    call(): string {
      return 'in';
    }
  }

  class OpenHandler {
    @Public()
    @entry()
    call(): string {
      return 'in';
    }
  }

  @Public()
  class OpenButOne {
    @Roles('admin')
    @entry()
    call(): string {
      return 'in';
    }
  }

  @Roles('admin')
  class ClosedButOne {
    @Public()
    @entry()
    call(): string {
      return 'in';
    }
  }

  class Inherits extends OnHandler {}
  class InheritsOfClass extends OnClass {}
  class InheritsOpenHandler extends OpenHandler {}
  class InheritsOpenClass extends OpenClass {}
  class Grandchild extends Inherits {}

  @Roles('user')
  class HandlerOverClass extends OnHandler {}
  @Roles('user')
  class ClassOverParent extends OnClass {}
  @Public()
  class SaysPublicItself extends OpenClass {}
  @Public()
  class OpenOverDemand extends OnHandler {}
  @Roles('admin')
  class DemandsOverOpen extends OpenClass {}

  class Overrides extends OnHandler {
    @entry()
    override call(): string {
      return 'in';
    }
  }
  class OverridesByRole extends OnHandler {
    @Roles('user')
    @entry()
    override call(): string {
      return 'in';
    }
  }
  class OverridesByMore extends OnHandler {
    @Permissions('notes:read')
    @entry()
    override call(): string {
      return 'in';
    }
  }
  class OverridesAsPublic extends OnHandler {
    @Public()
    @entry()
    override call(): string {
      return 'in';
    }
  }
  class OverridesPublic extends OpenHandler {
    @entry()
    override call(): string {
      return 'in';
    }
  }
  class OverridesTwice extends Overrides {
    @entry()
    override call(): string {
      return 'in';
    }
  }

  /** A decorator that replaces the handler with another function of another name. */
  function traced(_target: object, _name: string, descriptor: PropertyDescriptor): void {
    const traced = (): string => 'in';
    for (const key of Reflect.getMetadataKeys(descriptor.value as object) as string[])
      Reflect.defineMetadata(key, Reflect.getMetadata(key, descriptor.value as object), traced);
    descriptor.value = traced;
  }
  class Replaced extends OnHandler {
    @traced
    @entry()
    override call(): string {
      return 'in';
    }
  }

  /** The same, without any metadata: a cache, a retry, a transaction. */
  function wrapped(_target: object, _name: string, descriptor: PropertyDescriptor): void {
    descriptor.value = (): string => 'in';
  }
  class Lost {
    @entry()
    @wrapped
    @Roles('admin')
    call(): string {
      return 'in';
    }
  }
  class LostTwice {
    @entry()
    @wrapped
    @Permissions('notes:read')
    @wrapped
    @Roles('admin')
    call(): string {
      return 'in';
    }
  }
  class LostPublic {
    @entry()
    @wrapped
    @Public()
    call(): string {
      return 'in';
    }
  }
  class OverridesLost extends Lost {
    @entry()
    override call(): string {
      return 'in';
    }
  }

  return [
    ['the handler says it', OnHandler, HELD],
    ['the class says it', OnClass, HELD],
    ['one decorator made of several says it', Composed, HELD],
    ['the proof is too old', OldProof, [401, 401, 401]],
    ['the class is public', OpenClass, OPEN],
    ['the handler is public', OpenHandler, OPEN],
    ['a handler of a public class says it', OpenButOne, HELD],
    ['a handler of a held class is public', ClosedButOne, OPEN],
    ['the handler is inherited', Inherits, HELD],
    ['the handler is inherited twice', Grandchild, HELD],
    ['the class extends one that says it', InheritsOfClass, HELD],
    ['a mixin of it', mixin(class extends OnHandler {}), HELD],
    ['a public handler is inherited', InheritsOpenHandler, OPEN],
    ['the class extends a public one', InheritsOpenClass, [401, 200, 200]],
    ['the class extends a public one and says it itself', SaysPublicItself, OPEN],
    ['the class extends a public one and asks for a role', DemandsOverOpen, HELD],
    ['a public class extends one whose handler says it', OpenOverDemand, HELD],
    ['the inherited handler says it, and the class something else', HandlerOverClass, HELD],
    ['the class says something else than the one it extends', ClassOverParent, [401, 200, 403]],
    ['the handler is overridden', Overrides, HELD],
    ['the handler is overridden twice', OverridesTwice, HELD],
    ['the handler is overridden and says something else', OverridesByRole, [401, 200, 403]],
    ['the handler is overridden and asks for more', OverridesByMore, HELD],
    ['the handler is overridden and is public', OverridesAsPublic, OPEN],
    ['a public handler is overridden', OverridesPublic, [401, 200, 200]],
    ['the function of the handler was replaced', Replaced, HELD],
    ['a function that was replaced says it', Lost, HELD],
    ['two functions that were replaced say it', LostTwice, HELD],
    ['a function that was replaced is public', LostPublic, OPEN],
    ['a handler whose function was replaced is overridden', OverridesLost, HELD],
    ...alternativeRoutes(entry),
  ];
}
