import { is, type SQL, sql } from 'drizzle-orm';
import { PgColumn } from 'drizzle-orm/pg-core';
import { AuthError } from '../common/auth-error.js';
import type { Database } from './database.js';
import { columnsOf, namesIn, type NamedUsers } from './user-columns.js';

export interface WrittenColumn {
  readonly name: string;
  readonly value: SQL;
}

/** PostgreSQL accepts no value for the column, or Drizzle was told that the database numbers the rows. */
const isMadeByDatabase = ({ generated, generatedIdentity }: PgColumn): boolean =>
  generated !== undefined || generatedIdentity !== undefined;

/**
 * The host's own columns, which a registration may fill. Columns that Tokenward was told of are
 * excluded: the caller may never write them.
 */
export class FurtherColumns {
  readonly #columns: ReadonlyMap<string, PgColumn>;
  readonly #nameOf: (column: PgColumn) => string;

  constructor(db: Database, users: NamedUsers) {
    this.#nameOf = namesIn(db);
    const told = new Set(columnsOf(users).map(({ name }) => name));
    const all = Object.entries(users.table).filter((entry): entry is [string, PgColumn] =>
      is(entry[1], PgColumn),
    );
    this.#columns = new Map(
      all.filter(([, column]) => !told.has(this.#nameOf(column)) && !isMadeByDatabase(column)),
    );
  }

  /** Uses the names of the columns in the host's table object. Throws `input_invalid` for other names. */
  read(fields: Readonly<Record<string, unknown>>): readonly WrittenColumn[] {
    return Object.entries(fields).flatMap(([field, value]) => {
      if (value === undefined) return [];
      const column = this.#columns.get(field);
      if (!column)
        throw new AuthError(
          'input_invalid',
          'registration.fields gives a field that the users table has not',
          {
            fields: { [field]: 'is not a field of registration' },
          },
        );
      return [{ name: this.#nameOf(column), value: sql`${sql.param(value, column)}` }];
    });
  }
}
