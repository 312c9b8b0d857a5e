import { prismaTransaction, prismaWork } from '@tokenward/nestjs/prisma';
import { type Connect, nothing } from './host-library.js';
import { prismaClient, type PrismaTx } from './prisma-client.js';

export const prisma: Connect = async (url) => {
  const client = await prismaClient(url);
  await client.$connect();
  const write = async (tx: PrismaTx, ref: string, kind: string): Promise<void> => {
    await tx.person.update({ where: { ref }, data: { kind } });
  };
  return {
    open: (use) => client.$transaction((tx) => use(prismaTransaction(tx))),
    transaction: (userId, role, use) =>
      client.$transaction(async (tx) => {
        await write(tx, userId, role);
        await use(prismaTransaction(tx));
      }),
    notOpen: prismaTransaction(client),
    work: (userId, role, also = nothing) =>
      prismaWork(client, async (tx) => {
        if (userId) await write(tx, userId, role);
        await also();
      }),
    close: () => client.$disconnect(),
  };
};
