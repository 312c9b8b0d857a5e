import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';

/** The client of an interactive transaction of Prisma. */
export interface PrismaTransactionClient {
  $queryRawUnsafe(text: string, ...parameters: unknown[]): PromiseLike<unknown>;
}

/** A Prisma client; which models it has does not matter. */
export interface PrismaClientLike<Tx extends PrismaTransactionClient> {
  $transaction(run: (tx: Tx) => Promise<void>): Promise<void>;
}

class PrismaTransaction extends SqlTransaction {
  constructor(private readonly tx: PrismaTransactionClient) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    // a client that can connect is the whole client, which takes a connection for each statement
    if ('$connect' in this.tx && typeof this.tx.$connect === 'function')
      throw transactionRefused(
        'is not an interactive transaction of Prisma; pass what prisma.$transaction(async (tx) => …) gives you',
      );
    return (await this.tx.$queryRawUnsafe(text, ...parameters)) as readonly SqlRow[];
  }
}

/** What `prisma.$transaction(async (tx) => …)` gives you. */
export function prismaTransaction(tx: PrismaTransactionClient): SqlTransaction {
  return new PrismaTransaction(tx);
}

/** `work` in an interactive transaction, with the time limits of the client. */
export function prismaWork<Tx extends PrismaTransactionClient>(
  prisma: PrismaClientLike<Tx>,
  work: (tx: Tx) => Promise<void>,
): HostWork {
  return {
    run: (end) =>
      prisma.$transaction(async (tx) => {
        await work(tx);
        await end(prismaTransaction(tx));
      }),
  };
}
