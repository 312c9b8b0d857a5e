import { customType, type pgTableCreator, timestamp } from 'drizzle-orm/pg-core';

/** Makes the tables with one prefix and schema. */
export interface Maker {
  readonly table: ReturnType<typeof pgTableCreator>;
  /** The start of the name of every table and index. */
  readonly prefix: string;
}

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
export const at = (name: string) =>
  timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
