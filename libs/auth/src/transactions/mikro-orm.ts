import type { EntityManager } from '@mikro-orm/core';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';
import { type CompiledQueryRunner, compiledQuery } from './compiled-query.js';
import { type KnexTransaction, knexTransaction } from './knex.js';

/** The entity manager of a transaction of MikroORM on PostgreSQL. */
export interface MikroOrmManager {
  /** A transaction of Knex (MikroORM 6) or of Kysely (7). */
  getTransactionContext(): unknown;
}

class MikroOrmTransaction extends SqlTransaction {
  constructor(private readonly em: MikroOrmManager) {
    super();
  }

  /** Not by `em.execute`: it writes the parameters into the text. */
  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    const context = this.em.getTransactionContext() as
      KnexTransaction | CompiledQueryRunner | undefined;
    if (!context)
      throw transactionRefused(
        'is an EntityManager without an open transaction; pass the one that em.transactional gives you',
      );
    if ('raw' in context) return knexTransaction(context).query(text, parameters);
    return (await context.executeQuery(compiledQuery(text, parameters))).rows as readonly SqlRow[];
  }
}

/**
 * The manager that `em.transactional(async (em) => …)` gives you. Flush it first: users are written before their
 * sessions end.
 */
export function mikroOrmTransaction(em: MikroOrmManager): SqlTransaction {
  return new MikroOrmTransaction(em);
}

/** `work` in `em.transactional`; flushed when it resolves. */
export function mikroOrmWork<Manager extends EntityManager>(
  em: Manager,
  work: (em: Manager) => Promise<void>,
): HostWork {
  return {
    run: (end) =>
      em.transactional(async (inner) => {
        await work(inner as Manager);
        await inner.flush();
        await end(mikroOrmTransaction(inner));
      }),
  };
}
