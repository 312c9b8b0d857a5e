import { Controller, Delete, Get, HttpCode, Inject, Param, UseGuards } from '@nestjs/common';
import {
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { typeormWork } from '@tokenward/nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Member } from './member.entity.js';

@Controller('members')
@UseGuards(JwtAuthGuard, RolesGuard)
export class MembersController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(AuthService) private readonly auth: AuthService,
  ) {}

  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }

  /** Deletes the row and ends the sessions in one TypeORM transaction. The tokens are refused when it answers. */
  @Delete(':id')
  @HttpCode(204)
  @Roles('admin')
  @UseGuards(TokenVersionGuard)
  async remove(@Param('id') id: string, @CurrentUser('id') actorId: string): Promise<void> {
    const work = typeormWork(this.dataSource, async (manager) => {
      await manager.softDelete(Member, { id: Number(id) });
    });
    await this.auth.changeUser(id, 'deleted', work, { actorId });
  }
}
