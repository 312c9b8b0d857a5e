import type { ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';

type HostModule = ModulesContainer extends Map<string, infer M> ? M : never;

/**
 * Nest registers no routes of a lazily loaded module and calls none of its lifecycle hooks: no sign-in, no view of
 * what is revoked, no audit records at the end. No module that is there from the start imports it.
 */
export function refuseLazyLoading(modules: ModulesContainer, provider: object): void {
  const own = [...modules.values()].filter(({ providers }) => providers.has(provider as never));
  const reached = reachable(modules);
  if (own.every((each) => reached.has(each))) return;
  throw AuthError.configuration(
    'AuthModule',
    'is loaded by LazyModuleLoader, and Nest then registers none of its routes and calls none of its hooks; import it in a module that is there at the start',
  );
}

/** The modules that Nest's own core and the root of the application import, themselves included: they come first. */
function reachable(modules: ModulesContainer): ReadonlySet<HostModule> {
  const reached = new Set([...modules.values()].slice(0, 2));
  for (const each of reached) for (const imported of each.imports) reached.add(imported);
  return reached;
}
