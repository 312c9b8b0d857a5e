import { type EntityManager, EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { mikroOrmTransaction, mikroOrmWork } from '@tokenward/nestjs/mikro-orm';
import { type Connect, nothing } from './host-library.js';

interface Person {
  ref: string;
  kind: string | null;
}

const Person = new EntitySchema<Person>({
  name: 'Person',
  tableName: 'people',
  properties: {
    ref: { fieldName: 'person_ref', type: 'uuid', primary: true },
    kind: { type: 'text', nullable: true },
  },
});

export const mikroOrm: Connect = async (url) => {
  const orm = await MikroORM.init({ clientUrl: url, entities: [Person], pool: { min: 0, max: 4 } });
  const write = async (em: EntityManager, ref: string, kind: string): Promise<void> => {
    const person = await em.findOneOrFail(Person, { ref });
    person.kind = kind;
  };
  return {
    open: (use) => orm.em.fork().transactional((em) => use(mikroOrmTransaction(em))),
    transaction: (userId, role, use) =>
      orm.em.fork().transactional(async (em) => {
        await write(em, userId, role);
        await em.flush();
        await use(mikroOrmTransaction(em));
      }),
    notOpen: mikroOrmTransaction(orm.em.fork()),
    work: (userId, role, also = nothing) =>
      mikroOrmWork(orm.em.fork(), async (em) => {
        if (userId) await write(em, userId, role);
        await also();
      }),
    close: () => orm.close(),
  };
};
