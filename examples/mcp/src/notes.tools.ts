import { Injectable } from '@nestjs/common';
import { Permissions, PermissionsGuard, type Principal } from '@tokenward/nestjs';
import { type Context, Tool, ToolGuards } from '@rekog/mcp-nest';
import { z } from 'zod';

interface McpRequest {
  /** Set by `JwtAuthGuard`, which stands in front of the whole endpoint. */
  readonly user: Principal;
}

const notes = new Map<string, string[]>();

/**
 * What the tools ask for is held by `@ToolGuards`, and by nothing else: they share one HTTP route, so the boot check of Tokenward does not see them.
 * A tool that is refused is hidden from the list, too.
 */
@Injectable()
export class NotesTools {
  @Tool({ name: 'read_notes', description: 'The notes of whoever asks', parameters: z.object({}) })
  @Permissions('notes:read')
  @ToolGuards([PermissionsGuard])
  read(_input: object, _context: Context, { user }: McpRequest) {
    return { of: user.id, notes: notes.get(user.id) ?? [] };
  }

  @Tool({
    name: 'write_note',
    description: 'Adds a note',
    parameters: z.object({ text: z.string().min(1).max(1000) }),
  })
  @Permissions('notes:write')
  @ToolGuards([PermissionsGuard])
  write({ text }: { readonly text: string }, _context: Context, { user }: McpRequest) {
    notes.set(user.id, [...(notes.get(user.id) ?? []), text]);
    return { of: user.id, notes: notes.get(user.id) };
  }
}
