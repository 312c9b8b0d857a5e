import { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { exactText, group, hook } from '../common/option-schema.js';
import type { TenantRequest } from './identifier-options.js';

/**
 * The tenant of a request; undefined: none. It gets the request and the `iss` of its token (undefined without a
 * token), but no other claim. It must answer synchronously, from memory, because it runs for each guarded request.
 */
export type TenantOf = (request: TenantRequest, iss: string | undefined) => string | undefined;

/**
 * Each tenant has an issuer of its own, and a request of one tenant with a token of another is 401. All tenants share
 * the keys.
 */
export interface TenantOptions {
  /**
   * Every tenant, as the user directory names it, with its `iss`: by convention an https URL, different for each. No
   * other tenant gets a token, and no other `iss` is accepted. Users without a tenant get `issuer`.
   */
  readonly issuers: Readonly<Record<string, string>>;
  /**
   * Reads the tenant, from the host name or the path, for example. An exception of Nest goes to the caller; any other
   * error is 503.
   */
  readonly of: TenantOf;
}

export interface ResolvedTenants {
  /** Tenant → `iss` */
  readonly issuers: ReadonlyMap<string, string>;
  /** `iss` → tenant */
  readonly names: ReadonlyMap<string, string>;
  readonly of: TenantOf;
}

export const tenantsSchema = group({
  issuers: z
    .record(exactText(), exactText("a tenant's iss, to the letter"), {
      error:
        "must be an object of tenants with their issuers, such as { acme: 'https://acme.example.com' }",
    })
    .refine((issuers) => Object.keys(issuers).length > 0, 'is empty: name at least one tenant')
    .refine(
      (issuers) => new Set(Object.values(issuers)).size === Object.keys(issuers).length,
      'two tenants have the same issuer: their tokens could not be told apart',
    ),
  of: hook<TenantOf>(),
});

/** `taken`: issuers that already have another meaning here. */
export function resolveTenants(
  { issuers, of }: z.output<typeof tenantsSchema>,
  taken: Readonly<Record<string, readonly string[]>>,
): ResolvedTenants {
  for (const [option, names] of Object.entries(taken))
    for (const [tenant, issuer] of Object.entries(issuers))
      if (names.includes(issuer))
        throw AuthError.configuration(
          `tenants.issuers.${tenant}`,
          `is also in ${option}: a token could not be told from one of another kind; give the tenant an issuer of its own`,
        );
  const entries = Object.entries(issuers);
  return {
    issuers: new Map(entries),
    names: new Map(entries.map(([tenant, iss]) => [iss, tenant])),
    of,
  };
}
