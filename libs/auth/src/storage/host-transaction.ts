/**
 * A transaction that the host opened; opaque to the core. For `drizzleStorage` a Drizzle transaction on PostgreSQL,
 * or a `SqlTransaction` (the result of `typeormTransaction` and similar functions).
 */
export type HostTransaction = object;
