import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Param,
  Post,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { AuthService, CurrentUser, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Accepts only the user service, by a shared secret. Without `SERVICE_SECRET` every call is refused. */
@Injectable()
export class ServiceGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined> }>();
    const [known, shown] = [process.env.SERVICE_SECRET, headers['x-service-secret']];
    if (known && shown && timingSafeEqual(digest(known), digest(shown))) return true;
    throw new UnauthorizedException();
  }
}

@Controller()
export class ProfileController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Get('profile')
  @UseGuards(JwtAuthGuard)
  profile(@CurrentUser('id') id: string) {
    return { id };
  }

  /** Asks the user service on each request, for actions that an outdated role must not allow. */
  @Get('sensitive')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  sensitive(@CurrentUser('role') role: string) {
    return { role };
  }

  /** Called by the user service when a user is disabled. */
  @Post('internal/users/:id/disabled')
  @UseGuards(ServiceGuard)
  @HttpCode(204)
  disabled(@Param('id') id: string): Promise<void> {
    return this.auth.changeUser(id, 'disabled');
  }
}
