/** The part of Prisma's generated client that the application uses. A test can pass another implementation. */
export interface AccountsClient extends AccountsTransaction {
  $transaction(run: (tx: AccountsTransaction) => Promise<void>): Promise<void>;
  $disconnect(): Promise<void>;
}

export interface AccountsTransaction {
  $queryRawUnsafe(text: string, ...parameters: unknown[]): PromiseLike<unknown>;
  readonly account: {
    findFirst(query: { where: { id: string; deletedAt: null } }): PromiseLike<Account | null>;
    updateMany(change: {
      where: { id: string; deletedAt: null; passwordHash?: string };
      data: { passwordHash?: string; deletedAt?: Date };
    }): PromiseLike<{ readonly count: number }>;
  };
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly passwordHash: string | null;
  readonly role: string;
}

/** The injection token, because an interface cannot be one. */
export const ACCOUNTS = Symbol('ACCOUNTS');
