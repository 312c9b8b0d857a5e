import { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { exactText, group, hook } from '../common/option-schema.js';
import type { TenantRequest } from './identifier-options.js';

/**
 * Which tenant a request is about; undefined: none. It is told the request and the `iss` of the token that came with it
 * (undefined where none did), and no other claim. It answers at once, from memory: it runs with each guarded request.
 */
export type TenantOf = (request: TenantRequest, iss: string | undefined) => string | undefined;

/**
 * Each tenant has an issuer of its own, and a token of one is 401 wherever a request is about another. The keys are the
 * same for all of them.
 */
export interface TenantOptions {
  /**
   * Every tenant, as the user directory names it, with its `iss`: an https URL by convention, each a different one. No
   * other tenant gets a token, and no other `iss` is accepted; users without a tenant get `issuer`.
   */
  readonly issuers: Readonly<Record<string, string>>;
  /**
   * From the host name or the path, say. What it throws is 503, or the caller's answer where it is an exception of
   * Nest's.
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
      error: "must be an object of tenants with their issuers, such as { acme: 'https://acme.example.com' }",
    })
    .refine((issuers) => Object.keys(issuers).length > 0, 'is empty: name at least one tenant')
    .refine(
      (issuers) => new Set(Object.values(issuers)).size === Object.keys(issuers).length,
      'two tenants have the same issuer: their tokens could not be told apart',
    ),
  of: hook<TenantOf>(),
});

/** `taken`: issuers that mean something else here. */
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
  return { issuers: new Map(entries), names: new Map(entries.map(([tenant, iss]) => [iss, tenant])), of };
}
