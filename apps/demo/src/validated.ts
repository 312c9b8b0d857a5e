import type { z } from 'zod';
import { invalidInput } from './refusals.js';

/** The body as the schema reads it, or 400 with the names of the fields, never their values. */
export function validated<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const fields = new Set(result.error.issues.map(({ path }) => path.join('.') || 'body'));
  throw invalidInput(`Invalid input: ${[...fields].join(', ')}`);
}
