/**
 * A transaction that the host opened; opaque to the core. For `drizzleStorage` a Drizzle transaction on PostgreSQL, or a `SqlTransaction` (what
 * `typeormTransaction` and its like make of one).
 */
export type HostTransaction = object;
