import type { HostTransaction } from '@tokenward/nestjs';
import type { HostWork, SqlTransaction } from '@tokenward/nestjs/storage';

/** A library with which a host accesses the table `people`, and Tokenward's adapter for it. */
export interface HostLibrary {
  /**
   * In one transaction, sets the user's role with the library, and then runs the change with the handle for
   * `AuthService`.
   */
  transaction(
    userId: string,
    role: string,
    use: (tx: HostTransaction) => Promise<void>,
  ): Promise<void>;
  /** A transaction without writes. */
  open(use: (tx: SqlTransaction) => Promise<void>): Promise<void>;
  /** What the adapter returns for a handle that is not a transaction. */
  readonly notOpen: SqlTransaction;
  /** Gives the user a role, then does `also`. */
  work(userId: string | undefined, role: string, also?: () => Promise<void>): HostWork;
  close(): Promise<void>;
}

export type Connect = (url: string) => Promise<HostLibrary>;

export const nothing = (): Promise<void> => Promise.resolve();
