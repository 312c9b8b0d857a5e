import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { type Context, Tool, ToolGuards } from '@rekog/mcp-nest';
import type { Principal } from '@tokenward/nestjs';
import { z } from 'zod';

interface McpRequest {
  /** Set by `JwtAuthGuard`, which guards the whole endpoint. */
  readonly user?: Principal;
}

/**
 * All tools share one HTTP route, so Nest runs no guard of theirs, and `@Permissions` on a tool would stop the boot:
 * `@ToolGuards` is what runs. A tool that is refused is hidden from the list, too.
 */
function needs(permission: string): Type<CanActivate> {
  @Injectable()
  class NeedsPermission implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const { user } = context.switchToHttp().getRequest<McpRequest>();
      return user?.permissions.includes(permission) ?? false;
    }
  }
  return NeedsPermission;
}

export const MayRead = needs('notes:read');
export const MayWrite = needs('notes:write');

const notes = new Map<string, string[]>();

@Injectable()
export class NotesTools {
  @Tool({ name: 'read_notes', description: 'The notes of whoever asks', parameters: z.object({}) })
  @ToolGuards([MayRead])
  read(_input: object, _context: Context, { user }: McpRequest) {
    return { notes: notes.get(ownerOf(user)) ?? [] };
  }

  @Tool({
    name: 'write_note',
    description: 'Adds a note',
    parameters: z.object({ text: z.string().min(1).max(1000) }),
  })
  @ToolGuards([MayWrite])
  write({ text }: { readonly text: string }, _context: Context, { user }: McpRequest) {
    const owner = ownerOf(user);
    const mine = [...(notes.get(owner) ?? []), text];
    notes.set(owner, mine);
    return { notes: mine };
  }
}

function ownerOf(user: Principal | undefined): string {
  if (!user) throw new Error('no guard stands in front of the endpoint');
  return user.id;
}
