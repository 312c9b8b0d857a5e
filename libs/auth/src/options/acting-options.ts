import { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { list, text } from '../common/option-schema.js';

/** `sessions.mayActAs`: the role of the actor → the roles of the users as whom it may act. */
export type ActingRoles = Readonly<Record<string, readonly string[]>>;

export const actingRolesSchema = z.record(text(), list(text()), {
  error: "must be an object of roles with lists of roles, such as { admin: ['user'] }",
});

/** The members of an account that decide as whom it may act. */
export interface ActingFacts {
  readonly role?: string;
  readonly tenant?: string;
}

/** Why the actor may not act as the user; undefined if it may. A user without a role is below every role. */
export function actingRefusal(
  roles: ReadonlyMap<string, readonly string[]>,
  actor: ActingFacts,
  user: ActingFacts,
): string | undefined {
  if (actor.tenant !== undefined && actor.tenant !== user.tenant)
    return 'the user is of another tenant';
  const below = actor.role === undefined ? undefined : roles.get(actor.role);
  if (below && (user.role === undefined || below.includes(user.role))) return undefined;
  return 'sessions.mayActAs does not let the role of the actor act as the role of the user';
}

/** Refuses a map by which a role could act as itself or as a higher one, directly or through others. */
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
