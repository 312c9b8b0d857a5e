import {
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  Post,
  type Type,
  UseGuards,
} from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import {
  CurrentUser,
  OptionalAuth,
  Permissions,
  Public,
  NoActor,
  RecentAuth,
  RequireBound,
  Roles,
  StrictRevocation,
} from './decorators.js';
import { PermissionsGuard } from './permissions.guard.js';
import { RecentAuthGuard } from './recent-auth.guard.js';
import { RolesGuard } from './roles.guard.js';
import { TokenVersionGuard } from '../../issue/sessions/token-version.guard.js';

/** The same routes behind global guards and behind guards of the class. */
export function routes(path: string, ...guards: Type[]): Type {
  @Controller(path)
  @UseGuards(...guards)
  class HostController {
    @Get('mine')
    mine(@CurrentUser() user: Principal, @CurrentUser('id') id: string): object {
      return { id, same: user.id === id };
    }

    @Post('mine')
    create(): string {
      return 'created';
    }

    @Public()
    @Get('public')
    open(@CurrentUser() user: Principal | undefined): object {
      return { user: user ?? null };
    }

    @OptionalAuth()
    @Get('optional')
    optional(@CurrentUser('id') id: string | undefined): object {
      return { id: id ?? null };
    }

    @OptionalAuth()
    @Post('optional')
    optionalWrite(): string {
      return 'written';
    }

    @Roles('admin', 'owner')
    @Get('admin')
    admin(): string {
      return 'admin';
    }

    @Permissions('notes:read', 'notes:write')
    @Get('write')
    write(): string {
      return 'write';
    }

    @RecentAuth('1m')
    @Delete('recent')
    recent(): string {
      return 'recent';
    }

    @RecentAuth('1m', { amr: ['otp', 'hwk'] })
    @Delete('recent-factor')
    recentFactor(): string {
      return 'recent by a second factor';
    }

    @RequireBound()
    @Get('bound')
    bound(): string {
      return 'bound';
    }

    @NoActor()
    @Get('own')
    own(): string {
      return 'own';
    }

    @StrictRevocation()
    @Get('strict')
    strict(): string {
      return 'strict';
    }
  }
  return HostController;
}

@Public()
@Controller('open')
export class OpenController {
  @Get('any')
  any(): string {
    return 'any';
  }

  @Roles('admin')
  @Get('admin')
  admin(): string {
    return 'admin';
  }
}

@Roles('admin')
@Controller('closed')
export class ClosedController {
  @Public()
  @Get('open')
  open(): string {
    return 'open';
  }

  @Roles('user')
  @Get('user')
  user(): string {
    return 'user';
  }

  @Get('admin')
  admin(): string {
    return 'admin';
  }
}

@Controller('unguarded')
export class UnguardedController {
  @Get('user')
  user(@CurrentUser() user: Principal): string {
    return user.id;
  }

  @Roles('admin')
  @UseGuards(RolesGuard)
  @Get('roles')
  roles(): string {
    return 'never';
  }

  @Permissions('p')
  @UseGuards(PermissionsGuard)
  @Get('permissions')
  permissions(): string {
    return 'never';
  }

  @RecentAuth(60)
  @UseGuards(RecentAuthGuard)
  @Get('recent')
  recent(): string {
    return 'never';
  }

  @UseGuards(TokenVersionGuard)
  @Get('version')
  version(): string {
    return 'never';
  }
}

/** A host's own strategy sets the user; Tokenward's guards must not trust it. */
class ForeignGuard {
  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<{ user: unknown }>().user = {
      id: 'x',
      role: 'admin',
      permissions: ['p'],
    };
    return true;
  }
}

@Controller('foreign')
@UseGuards(ForeignGuard)
export class ForeignController {
  @Roles('admin')
  @UseGuards(RolesGuard)
  @Get()
  roles(): string {
    return 'never';
  }
}
