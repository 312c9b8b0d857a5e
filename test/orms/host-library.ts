import type { HostTransaction } from '@tokenward/nestjs';
import type { HostWork, SqlTransaction } from '@tokenward/nestjs/storage';

/** A library by which a host reaches the table `people`, with Tokenward's adapter for it. */
export interface HostLibrary {
  /** Gives the user a role by the library's own means, then what is handed to `AuthService`, in one transaction. */
  transaction(userId: string, role: string, use: (tx: HostTransaction) => Promise<void>): Promise<void>;
  /** A transaction in which nothing was written. */
  open(use: (tx: SqlTransaction) => Promise<void>): Promise<void>;
  /** What the adapter makes of the handle that is no transaction. */
  readonly notOpen: SqlTransaction;
  /** Gives the user a role, then does `also`. */
  work(userId: string | undefined, role: string, also?: () => Promise<void>): HostWork;
  close(): Promise<void>;
}

export type Connect = (url: string) => Promise<HostLibrary>;

export const nothing = (): Promise<void> => Promise.resolve();
