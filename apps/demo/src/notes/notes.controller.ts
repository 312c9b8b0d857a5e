import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
} from '@nestjs/common';
import { CurrentUser, type Principal } from '@tokenward/nestjs';
import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { DATABASE, type DemoDatabase } from '../database/database.module.js';
import { notes } from '../database/schema.js';
import { notFound } from '../refusals.js';
import { validated } from '../validated.js';

/** Postgres holds no NUL in a text. */
const NewNote = z.object({
  text: z
    .string()
    .trim()
    .regex(/^[^\0]{1,2000}$/),
});

/** Only the caller's own notes. */
@Controller('notes')
export class NotesController {
  constructor(@Inject(DATABASE) private readonly database: DemoDatabase) {}

  @Get()
  list(@CurrentUser() user: Principal) {
    return this.database
      .select({ id: notes.id, text: notes.text, createdAt: notes.createdAt })
      .from(notes)
      .where(eq(notes.userId, user.id))
      .orderBy(desc(notes.createdAt));
  }

  @Post()
  async add(@CurrentUser() user: Principal, @Body() body: unknown) {
    const { text } = validated(NewNote, body);
    const [added] = await this.database
      .insert(notes)
      .values({ userId: user.id, text })
      .returning({ id: notes.id, text: notes.text, createdAt: notes.createdAt });
    return added;
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(
    @CurrentUser() user: Principal,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<void> {
    const removed = await this.database
      .delete(notes)
      .where(and(eq(notes.id, id), eq(notes.userId, user.id)))
      .returning({ id: notes.id });
    if (removed.length === 0) throw notFound('Note not found');
  }
}
