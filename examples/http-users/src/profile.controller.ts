import { Controller, Get, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { AuthService, CurrentUser, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';

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

  /** For the user service, which knows when somebody was disabled. Guard it as you guard calls between services. */
  @Post('internal/users/:id/disabled')
  @HttpCode(204)
  disabled(@Param('id') id: string): Promise<void> {
    return this.auth.changeUser(id, 'disabled');
  }
}
