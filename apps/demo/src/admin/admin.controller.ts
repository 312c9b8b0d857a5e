import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import {
  AuthService,
  CurrentUser,
  type HostTransaction,
  NoActor,
  type Principal,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { DpopProofs } from '@tokenward/nestjs/verify';
import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { DATABASE, type DemoDatabase } from '../database/database.module.js';
import { users } from '../database/schema.js';
import { invalidInput, notFound } from '../refusals.js';
import { validated } from '../validated.js';

const Change = z.object({
  role: z.enum(['user', 'admin']).optional(),
  disabled: z.boolean().optional(),
});
const COLUMNS = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  disabled: users.disabled,
};

type ClientRequest = IncomingMessage & { readonly ip?: string };

/** Needs the role `admin`, checked against the database. */
@Controller('admin/users')
@UseGuards(RolesGuard, TokenVersionGuard)
@Roles('admin')
export class AdminController {
  constructor(
    @Inject(DATABASE) private readonly database: DemoDatabase,
    private readonly auth: AuthService,
    private readonly proofs: DpopProofs,
  ) {}

  @Get()
  list() {
    return this.database.select(COLUMNS).from(users).orderBy(asc(users.email));
  }

  /** A change ends the user's access tokens, and disabling ends the sessions, in the same transaction. */
  @Patch(':id')
  async change(@CurrentUser() admin: Principal, @Param('id') id: string, @Body() body: unknown) {
    const change = validated(Change, body);
    if (change.role === undefined && change.disabled === undefined)
      throw invalidInput('Invalid input: role, disabled');
    let changed: Record<keyof typeof COLUMNS, unknown> | undefined;
    await this.auth.changeUser(
      id,
      change.disabled ? 'disabled' : 'authorization',
      async (tx: HostTransaction) => {
        [changed] = await (tx as DemoDatabase)
          .update(users)
          .set(change)
          .where(eq(users.id, id))
          .returning(COLUMNS);
        if (!changed) throw notFound('User not found');
      },
      { actorId: admin.actor?.id ?? admin.id },
    );
    return changed;
  }

  /** Opens a session of one hour in which the admin acts as the user. Every token and audit record names the admin. */
  @Post(':id/act')
  @HttpCode(200)
  @NoActor()
  async act(
    @CurrentUser() admin: Principal,
    @Param('id') id: string,
    @Req() request: ClientRequest,
  ) {
    const { ip, headers } = request;
    // bound to the key of the admin's client, if it has one
    const { user, grant } = await this.proofs.provedBy(request, (proved) => {
      const client = { ip, userAgent: headers['user-agent'], ...proved };
      return this.auth.openSession(id, { actor: admin, transport: 'bearer', client });
    });
    return {
      user: { id: user.id, email: user.email, role: user.role, name: user.name },
      tokenType: grant.tokenType,
      expiresIn: grant.accessExpiresInSeconds,
      accessToken: grant.accessToken,
      refreshToken: grant.refreshToken,
    };
  }
}
