import type { DataSource, EntityManager } from 'typeorm';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';

/** The entity manager of a transaction of TypeORM. */
export interface TypeormManager {
  query(text: string, parameters: unknown[]): Promise<unknown>;
  readonly queryRunner?: { readonly isTransactionActive: boolean; readonly isReleased: boolean };
}

class TypeormTransaction extends SqlTransaction {
  constructor(private readonly manager: TypeormManager) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    const { queryRunner } = this.manager;
    if (!queryRunner?.isTransactionActive || queryRunner.isReleased)
      throw transactionRefused(
        'is an EntityManager without an open transaction; pass the one that dataSource.transaction gives you, or queryRunner.manager after startTransaction()',
      );
    return (await this.manager.query(text, [...parameters])) as readonly SqlRow[];
  }
}

/**
 * The manager that `dataSource.transaction(async (manager) => …)` gives you, or `queryRunner.manager` after
 * `startTransaction()`.
 */
export function typeormTransaction(manager: TypeormManager): SqlTransaction {
  return new TypeormTransaction(manager);
}

/** `work` in `dataSource.transaction`. */
export function typeormWork(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<void>,
): HostWork {
  return {
    run: (end) =>
      dataSource.transaction(async (manager) => {
        await work(manager);
        await end(typeormTransaction(manager));
      }),
  };
}
