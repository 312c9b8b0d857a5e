import { z } from 'zod';

const MAX_CHARACTERS = 1000;
const part = z.string().default('');
const userSchema = z.object({ name: z.object({ firstName: part, lastName: part }) });

/**
 * The form field that Apple posts beside the code, the first time only. It is not signed, so that nothing but the name
 * is taken from it.
 */
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
