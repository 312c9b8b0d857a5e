import type { Principal } from '../common/principal.js';
import type { UserFacts } from '../storage/subject.js';

type Rights = Pick<UserFacts, 'role' | 'permissions'>;

/**
 * How the rights of a caller differ from `now`; undefined: they do not. A directory may list permissions in any
 * order, and twice.
 */
export function changedRights(
  principal: Pick<Principal, keyof Rights>,
  now: Rights,
): string | undefined {
  if (now.role !== principal.role) return 'role changed';
  const permissions = new Set(now.permissions);
  const same =
    permissions.size === new Set(principal.permissions).size &&
    principal.permissions.every((each) => permissions.has(each));
  return same ? undefined : 'permissions changed';
}
