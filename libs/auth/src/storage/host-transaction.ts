/**
 * A transaction that the host opened on its own database handle; opaque to the core. The storage adapter checks that it
 * is one of its own (a Drizzle transaction for the Drizzle adapter).
 */
export type HostTransaction = object;
