import { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { list, text } from '../common/option-schema.js';

/** `sessions.mayActAs`: the role of who acts → the roles of those who may be acted as. */
export type ActingRoles = Readonly<Record<string, readonly string[]>>;

export const actingRolesSchema = z.record(text(), list(text()), {
  error: "must be an object of roles with lists of roles, such as { admin: ['user'] }",
});

/** Refuses a map in which somebody could act as the same or a higher role, by one step or by several. */
export function resolveActingRoles(given: ActingRoles): ReadonlyMap<string, readonly string[]> {
  const roles = new Map(Object.entries(given));
  for (const role of roles.keys()) {
    const below = new Set(roles.get(role));
    for (const each of below) for (const next of roles.get(each) ?? []) below.add(next);
    if (below.has(role))
      throw AuthError.configuration(
        'sessions.mayActAs',
        `lets "${role}" act as the same or a higher role, directly or through another one: name only lower roles`,
      );
  }
  return roles;
}
