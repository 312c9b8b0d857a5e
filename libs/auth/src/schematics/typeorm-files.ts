import type { Tree } from '@angular-devkit/schematics';
import { DRIZZLE_USERS, findSource, fromAuth, INTEGER_ID, type OrmFiles, UUID_ID } from './orms.js';

export function typeormFiles(tree: Tree, sourceRoot: string, template: (name: string) => string): OrmFiles {
  const own = findSource(tree, sourceRoot, /@Entity\([^]*export (?:default )?class User\b/);
  const entity = own?.text ?? template('typeorm-user.entity.ts.template');
  const path = own ? fromAuth(own.path, sourceRoot) : './user.entity.js';
  const users = template('typeorm-users.ts.template')
    .replace('{{ENTITY}}', path)
    .replace('{{ID}}', /\bid[!?]?: number\b/.test(entity) ? INTEGER_ID : UUID_ID);
  return {
    files: {
      'database.ts': template('orm-database.ts.template'),
      'typeorm-users.ts': users,
      ...(!own && { 'user.entity.ts': entity }),
    },
    setup: [
      [
        "import { Redis } from 'ioredis';\nimport { db, users } from './database.js';\n\nconst { id, email, name, passwordHash, role, disabled } = users;\n",
        `import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';\nimport { Redis } from 'ioredis';\nimport type { Repository } from 'typeorm';\nimport { db } from './database.js';\nimport { TypeormUsers } from './typeorm-users.js';\nimport { User } from '${path}';\n`,
      ],
      [
        'useFactory: () => {',
        'imports: [TypeOrmModule.forFeature([User])],\n  inject: [getRepositoryToken(User)],\n  useFactory: (users: Repository<User>) => {',
      ],
      [DRIZZLE_USERS, 'storage: drizzleStorage(db),\n      users: new TypeormUsers(users),'],
    ],
    note: own
      ? `The users are those of ${own.path}: where its columns have other names, change candidate() in auth/typeorm-users.ts.`
      : 'The users are those of auth/user.entity.ts: TypeOrmModule finds it by autoLoadEntities, your migrations make its table.',
  };
}
