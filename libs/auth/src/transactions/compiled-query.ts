import { randomUUID } from 'node:crypto';
import type { SqlParameter } from '../storage/sql-transaction.port.js';

/** What Kysely's `CompiledQuery.raw` makes. */
export interface RawCompiledQuery {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly query: {
    readonly kind: 'RawNode';
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly never[];
  };
  readonly queryId: { readonly queryId: string };
}

export interface CompiledQueryRunner {
  executeQuery(query: RawCompiledQuery): Promise<{ readonly rows: readonly unknown[] }>;
}

/** Made by hand: MikroORM brings a Kysely of its own, which may not be the host's. */
export function compiledQuery(sql: string, parameters: readonly SqlParameter[]): RawCompiledQuery {
  return {
    sql,
    parameters,
    query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
    queryId: { queryId: randomUUID() },
  };
}
