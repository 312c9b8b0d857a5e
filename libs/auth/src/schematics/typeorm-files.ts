import type { Tree } from '@angular-devkit/schematics';
import {
  assertPostgres,
  BIGINT_ID,
  DRIZZLE_USERS,
  findSource,
  fromAuth,
  HASH_NAMES,
  INTEGER_ID,
  type OrmFiles,
  TEXT_ID,
  UUID_ID,
  WIDE_INTEGER_ID,
} from './orms.js';

/**
 * Found by the name of the class, otherwise by that of the table. A second entity for the same
 * table must be avoided: if TypeORM synchronises, each would remove the other's columns.
 */
const USER_CLASS = /@Entity\([^]*?export (default )?class (Users?(?:Entity|Model)?)\b/;
const USER_TABLE =
  /@Entity\(\s*(?:['"`]users?['"`]|\{[^}]*\bname:\s*['"`]users?['"`])[^]*?export (default )?class (\w+)/;

export function typeormFiles(
  tree: Tree,
  sourceRoot: string,
  template: (name: string) => string,
): OrmFiles {
  assertPostgres(tree, 'TypeORM');
  const own = findSource(tree, sourceRoot, USER_CLASS) ?? findSource(tree, sourceRoot, USER_TABLE);
  const entity = own?.text ?? template('typeorm-user.entity.ts.template');
  const path = own ? fromAuth(own.path, sourceRoot) : './user.entity.js';
  const importUser = `import ${importedUser(entity)} from '${path}';`;
  const hash =
    HASH_NAMES.find((name) => new RegExp(`^\\s*${name}[!?]?:`, 'm').test(entity)) ?? 'passwordHash';
  const users = template('typeorm-users.ts.template')
    .replace('{{IMPORT}}', () => importUser)
    .replace('{{ID}}', () => idOf(entity))
    .replaceAll('{{HASH}}: passwordHash', hash === 'passwordHash' ? hash : `${hash}: passwordHash`)
    .replaceAll('{{HASH}}', hash);
  return {
    files: {
      'database.ts': template('orm-database.ts.template'),
      'typeorm-users.ts': users,
      ...(!own && { 'user.entity.ts': entity }),
    },
    setup: [
      [
        "import { Redis } from 'ioredis';\nimport { db, users } from './database.js';\n\nconst { id, email, name, passwordHash, role, disabled } = users;\n",
        `import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';\nimport { Redis } from 'ioredis';\nimport type { Repository } from 'typeorm';\nimport { db } from './database.js';\nimport { TypeormUsers } from './typeorm-users.js';\n${importUser}\n`,
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

/** What the files in `auth` import as `User`. */
function importedUser(entity: string): string {
  const [, isDefault, name] = USER_CLASS.exec(entity) ?? USER_TABLE.exec(entity) ?? [];
  if (isDefault) return 'User';
  return name === undefined || name === 'User' ? '{ User }' : `{ ${name} as User }`;
}

/**
 * If the primary key is not in this file (it is in a base class), any text is accepted: PostgreSQL
 * refuses an invalid one.
 */
function idOf(entity: string): string {
  const [, decorator = '', type] = /(@Primary\w+\([^]*?)\bid[!?]?: (\w+)/.exec(entity) ?? [];
  const isBigint = decorator.includes('bigint');
  if (type === 'number') return isBigint ? WIDE_INTEGER_ID : INTEGER_ID;
  if (/['"`]uuid['"`]/.test(decorator)) return UUID_ID;
  return isBigint ? BIGINT_ID : TEXT_ID;
}
