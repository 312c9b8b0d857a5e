import { Controller, Delete, Get, HttpCode, UseGuards } from '@nestjs/common';
import {
  AuthService,
  CurrentUser,
  type HostTransaction,
  type Principal,
  Public,
  RecentAuth,
  RecentAuthGuard,
} from '@tokenward/nestjs';
import { eq } from 'drizzle-orm';
import type { DemoDatabase } from '../database/database.module.js';
import { users } from '../database/schema.js';

@Controller()
export class AccountController {
  constructor(private readonly auth: AuthService) {}

  @Get('public')
  @Public()
  open() {
    return { message: 'Anyone may read this.' };
  }

  @Get('me')
  me(@CurrentUser() user: Principal) {
    return { id: user.id, role: user.role, permissions: user.permissions, sessionId: user.sessionId };
  }

  /** Deleting an account asks for the password again when the last proof is older than five minutes. */
  @Delete('account')
  @HttpCode(204)
  @UseGuards(RecentAuthGuard)
  @RecentAuth('5m')
  async remove(@CurrentUser() user: Principal): Promise<void> {
    await this.auth.changeUser(user.id, 'deleted', async (tx: HostTransaction) => {
      await (tx as DemoDatabase).delete(users).where(eq(users.id, user.id));
    });
  }
}
