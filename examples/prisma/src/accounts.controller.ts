import { Controller, Delete, Get, HttpCode, Inject, Param, UseGuards } from '@nestjs/common';
import {
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { prismaWork } from '@tokenward/nestjs/prisma';
import { ACCOUNTS, type AccountsClient } from './accounts-client.js';

@Controller('accounts')
@UseGuards(JwtAuthGuard, RolesGuard)
export class AccountsController {
  constructor(
    @Inject(ACCOUNTS) private readonly prisma: AccountsClient,
    @Inject(AuthService) private readonly auth: AuthService,
  ) {}

  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }

  /** Deletes the row and ends the sessions in one Prisma transaction. The tokens are refused when it answers. */
  @Delete(':id')
  @HttpCode(204)
  @Roles('admin')
  @UseGuards(TokenVersionGuard)
  async remove(@Param('id') id: string, @CurrentUser('id') actorId: string): Promise<void> {
    const work = prismaWork(this.prisma, async (tx) => {
      await tx.account.updateMany({
        where: { id, deletedAt: null },
        data: { deletedAt: new Date() },
      });
    });
    await this.auth.changeUser(id, 'deleted', work, { actorId });
  }
}
