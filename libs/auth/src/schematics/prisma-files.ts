import type { Tree } from '@angular-devkit/schematics';
import {
  BIGINT_ID,
  DRIZZLE_USERS,
  findSource,
  fromAuth,
  HASH_NAMES,
  INTEGER_ID,
  type OrmFiles,
  otherDatabase,
  TEXT_ID,
  UUID_ID,
} from './orms.js';

/**
 * Prisma expects to know every table in `public`: if it finds others, `migrate dev` asks for a
 * reset and `db push` drops them.
 */
const OWN_SCHEMA = 'tokenward';

export function prismaFiles(
  tree: Tree,
  sourceRoot: string,
  template: (name: string) => string,
): OrmFiles {
  const found = findSource(tree, sourceRoot, /export class PrismaService\b/);
  if (!found)
    throw new Error(
      `nest add found Prisma and no class PrismaService under ${sourceRoot}: make it as https://docs.nestjs.com/recipes/prisma says, or run again with --orm=drizzle`,
    );
  const service = fromAuth(found.path, sourceRoot);
  const users = usersFile(userModel(tree), service, template('prisma-users.ts.template'));
  const module = findSource(tree, sourceRoot, /export class PrismaModule\b/);
  return {
    files: {
      'database.ts': inOwnSchema(template('orm-database.ts.template')),
      'prisma-users.ts': users,
      ...(!module && { 'prisma.module.ts': prismaModule(service) }),
    },
    setup: [
      [
        "import { db, users } from './database.js';\n\nconst { id, email, name, passwordHash, role, disabled } = users;\n",
        `import { PrismaModule } from '${module ? fromAuth(module.path, sourceRoot) : './prisma.module.js'}';\nimport { PrismaService } from '${service}';\nimport { authSchema, db } from './database.js';\nimport { PrismaUsers } from './prisma-users.js';\n`,
      ],
      [
        'useFactory: () => {',
        'imports: [PrismaModule],\n  inject: [PrismaService],\n  useFactory: (prisma: PrismaService) => {',
      ],
      [
        DRIZZLE_USERS,
        'storage: drizzleStorage(db, { schema: authSchema }),\n      users: new PrismaUsers(prisma),',
      ],
    ],
    note: 'The users are those of "model User" in schema.prisma: auth/prisma-users.ts says what of a row is what.',
  };
}

/** The body of `model User` in the schema. */
function userModel(tree: Tree): string {
  const written = prismaSchema(tree);
  const provider =
    /^datasource\b[^}]*?\bprovider\s*=\s*"(\w+)"/m.exec(written)?.[1] ?? 'postgresql';
  if (!/^postgres/.test(provider)) throw new Error(otherDatabase('Prisma', provider));
  const model = /^model User \{([^]*?)^\}/m.exec(written)?.[1];
  if (model === undefined)
    throw new Error(
      'nest add found Prisma and no "model User" in prisma/schema.prisma: add it (id, email, passwordHash), or run again with --orm=drizzle',
    );
  return model;
}

/** The user directory over the fields and columns of the model. */
function usersFile(model: string, service: string, template: string): string {
  const field = (name: string): string | undefined =>
    new RegExp(`^\\s*${name}\\s+\\S.*$`, 'm').exec(model)?.[0];
  const column = (name: string): string =>
    `"${/@map\("([^"]+)"\)/.exec(field(name) ?? '')?.[1] ?? name}"`;
  const hash = HASH_NAMES.find(field);
  if (!hash)
    throw new Error(
      'nest add found no passwordHash in "model User" of prisma/schema.prisma: add it (String?), or run again with --orm=drizzle',
    );
  const [ownId, cast] = idOf(field('id') ?? '');
  const further = ['name', 'role', 'disabled'].filter(field);
  const columns = [
    `${column('id')}::text as id`,
    `${column('email')} as email`,
    `${column(hash)} as "passwordHash"`,
    ...further.map((name) => `${column(name)} as ${name}`),
  ];
  const replaced: readonly (readonly [string, string])[] = [
    ['{{SERVICE}}', service],
    ['{{ID}}', ownId],
    ['{{KEY}}', column('id')],
    ['{{CAST}}', cast],
    ['{{TABLE}}', `"${/@@map\("([^"]+)"\)/.exec(model)?.[1] ?? 'User'}"`],
    ['{{EMAIL}}', column('email')],
    ['{{PASSWORD}}', column(hash)],
    ['{{HASH}}', hash],
    ['{{COLUMNS}}', columns.join(', ')],
    ['{{NEW}}', further.includes('name') ? ', name' : ''],
    ['{{DATA}}', further.includes('name') ? ', ...(name && { name })' : ''],
  ];
  return replaced.reduce((text, [mark, value]) => text.replaceAll(mark, () => value), template);
}

/** What makes an id, and the type that PostgreSQL casts it to. */
function idOf(line: string): readonly [string, string] {
  if (/\bid\s+Int\b/.test(line)) return [INTEGER_ID, 'int'];
  if (/\bid\s+BigInt\b/.test(line)) return [BIGINT_ID, 'bigint'];
  return line.includes('@db.Uuid') ? [UUID_ID, 'uuid'] : [TEXT_ID, 'text'];
}

function inOwnSchema(database: string): string {
  return database
    .replace('import { migrateAuth }', 'import { createAuthSchema, migrateAuth }')
    .replace(
      "/** Tokenward's tables. */",
      `/** Not in \`public\`, where \`prisma migrate dev\` and \`prisma db push\` take tables that they do not know for a mistake. */
export const authSchema = createAuthSchema({ schema: '${OWN_SCHEMA}' });

/** Tokenward's tables; by hand it is \`npx tokenward migrate --schema ${OWN_SCHEMA}\`. */`,
    )
    .replace('migrateAuth(db)', `migrateAuth(db, { schema: '${OWN_SCHEMA}' })`);
}

const prismaModule = (service: string): string => `import { Module } from '@nestjs/common';
import { PrismaService } from '${service}';

@Module({ providers: [PrismaService], exports: [PrismaService] })
export class PrismaModule {}
`;

function prismaSchema(tree: Tree): string {
  const paths = ['prisma/schema.prisma', 'schema.prisma'];
  return paths.map((path) => tree.read(path)?.toString('utf8') ?? '').join('\n');
}
