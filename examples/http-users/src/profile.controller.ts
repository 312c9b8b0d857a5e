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

/** The user service shows the secret that both know; without `SERVICE_SECRET` nobody comes in. */
@Injectable()
export class ServiceGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
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

  /** Asks the user service on each request: for what a role of fifteen minutes ago must not open. */
  @Get('sensitive')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  sensitive(@CurrentUser('role') role: string) {
    return { role };
  }

  /** For the user service, which knows when somebody was disabled. */
  @Post('internal/users/:id/disabled')
  @UseGuards(ServiceGuard)
  @HttpCode(204)
  disabled(@Param('id') id: string): Promise<void> {
    return this.auth.changeUser(id, 'disabled');
  }
}
