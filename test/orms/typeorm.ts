import { typeormTransaction, typeormWork } from '@tokenward/nestjs/typeorm';
import { DataSource, type EntityManager, EntitySchema } from 'typeorm';
import { type Connect, nothing } from './host-library.js';

interface Person {
  ref: string;
  kind: string | null;
}

const Person = new EntitySchema<Person>({
  name: 'Person',
  tableName: 'people',
  columns: {
    ref: { name: 'person_ref', type: 'uuid', primary: true },
    kind: { type: 'text', nullable: true },
  },
});

export const typeorm: Connect = async (url) => {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    entities: [Person],
    poolSize: 4,
    poolErrorHandler: () => undefined,
  }).initialize();
  const write = async (manager: EntityManager, ref: string, kind: string): Promise<void> => {
    await manager.update(Person, { ref }, { kind });
  };
  return {
    open: (use) => dataSource.transaction((manager) => use(typeormTransaction(manager))),
    transaction: (userId, role, use) =>
      dataSource.transaction(async (manager) => {
        await write(manager, userId, role);
        await use(typeormTransaction(manager));
      }),
    notOpen: typeormTransaction(dataSource.manager),
    work: (userId, role, also = nothing) =>
      typeormWork(dataSource, async (manager) => {
        if (userId) await write(manager, userId, role);
        await also();
      }),
    close: () => dataSource.destroy(),
  };
};
