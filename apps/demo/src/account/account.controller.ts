import { Controller, Delete, Get, HttpCode, Inject, UseGuards } from '@nestjs/common';
import {
  AuthService,
  CurrentUser,
  type HostTransaction,
  OptionalAuth,
  type Principal,
  Public,
  RecentAuth,
  RecentAuthGuard,
  RequireBound,
} from '@tokenward/nestjs';
import { eq } from 'drizzle-orm';
import { notFound } from '../refusals.js';
import { DATABASE, type DemoDatabase } from '../database/database.module.js';
import { users } from '../database/schema.js';

/** Names of the providers for sign-in. */
export const PROVIDERS = Symbol('providers');

@Controller()
export class AccountController {
  constructor(
    @Inject(PROVIDERS) private readonly names: readonly string[],
    @Inject(DATABASE) private readonly database: DemoDatabase,
    private readonly auth: AuthService,
  ) {}

  @Get('public')
  @Public()
  open() {
    return { message: 'Anyone may read this.' };
  }

  /** What the sign-in page offers. */
  @Get('providers')
  @Public()
  providers() {
    return this.names;
  }

  @Get('optional')
  @OptionalAuth()
  optional(@CurrentUser('id') id: string | undefined) {
    return { id: id ?? null };
  }

  @Get('bound')
  @RequireBound()
  bound(@CurrentUser('bound') bound: string) {
    return { bound };
  }

  @Get('me')
  me(@CurrentUser() user: Principal) {
    return {
      id: user.id,
      role: user.role,
      permissions: user.permissions,
      sessionId: user.sessionId,
    };
  }

  /** The data that the page shows of the person. An access token contains none of it. */
  @Get('account')
  async account(@CurrentUser('id') id: string) {
    const [account] = await this.database
      .select({
        id: users.id,
        email: users.email,
        name: users.name,
        role: users.role,
        emailVerified: users.emailVerified,
      })
      .from(users)
      .where(eq(users.id, id));
    if (!account) throw notFound('User not found');
    return account;
  }

  /** Deleting an account asks for the password again when the last proof is older than five minutes. */
  @Delete('account')
  @HttpCode(204)
  @UseGuards(RecentAuthGuard)
  @RecentAuth('5m')
  async remove(@CurrentUser() user: Principal): Promise<void> {
    const remove = async (tx: HostTransaction): Promise<void> => {
      await (tx as DemoDatabase).delete(users).where(eq(users.id, user.id));
    };
    await this.auth.changeUser(user.id, 'deleted', remove, { actorId: user.id });
  }
}
