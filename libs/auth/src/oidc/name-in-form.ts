import { z } from 'zod';

const MAX_CHARACTERS = 1000;
const part = z.string().default('');
const userSchema = z.object({ name: z.object({ firstName: part, lastName: part }) });

/** What Apple posts beside the code, the first time only and unsigned: good for a name, and for nothing else. */
export function nameIn(parameters: URLSearchParams): string | undefined {
  const user = parameters.get('user');
  if (user === null || user.length > MAX_CHARACTERS) return undefined;
  const read = userSchema.safeParse(jsonOf(user));
  return read.success ? `${read.data.name.firstName} ${read.data.name.lastName}` : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
