import type { Tree } from '@angular-devkit/schematics';

/** The ORM of the users table. `drizzle` is also for applications that store no users yet. */
export type UsersOrm = 'drizzle' | 'typeorm' | 'prisma';

/** The files in `src/auth` that replace Drizzle's table, and how the setup file names them. */
export interface OrmFiles {
  readonly files: Readonly<Record<string, string>>;
  /** In the setup file: Drizzle's text, and the text that replaces it. */
  readonly setup: readonly (readonly [string, string])[];
  /** Printed with the next steps. */
  readonly note: string;
}

const integerId = (
  most: string,
): string => `/** A token of another system may bring any text as an id. */
const ownId = (id: string): number | undefined =>
  /^[1-9]\\d{0,15}$/.test(id) && Number(id) <= ${most} ? Number(id) : undefined;`;
export const INTEGER_ID = integerId('2_147_483_647');
/** A bigint that a transformer turns into a number. */
export const WIDE_INTEGER_ID = integerId('Number.MAX_SAFE_INTEGER');
export const BIGINT_ID = `/** A token of another system may bring any text as an id. */
const ownId = (id: string): string | undefined => (/^[1-9]\\d{0,17}$/.test(id) ? id : undefined);`;
export const UUID_ID = `const UUID = /^[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}$/i;
/** A token of another system may bring any text as an id. */
const ownId = (id: string): string | undefined => (UUID.test(id) ? id : undefined);`;
export const TEXT_ID = `/** A token of another system may bring any text as an id. */
const ownId = (id: string): string | undefined => (id.includes('\\0') ? undefined : id);`;

/** The text in the setup file. */
export const DRIZZLE_USERS = `storage: drizzleStorage(db, {
        users: { table: users, id, email, name, passwordHash, role, disabled },
      }),`;

/** The given ORM, otherwise the one in the application's package.json. */
export function usersOrm(manifest: string, given: UsersOrm | undefined): UsersOrm {
  if (given) return given;
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
  if ('@nestjs/typeorm' in dependencies) return 'typeorm';
  return '@prisma/client' in dependencies ? 'prisma' : 'drizzle';
}

/** The usual names of a column of password hashes. */
export const HASH_NAMES = ['passwordHash', 'password_hash', 'hashedPassword', 'password'];

const OTHER_DATABASES =
  /^(?:mysql2?|mariadb|better-sqlite3|sqlite3|sql\.js|mssql|tedious|oracledb|mongodb)$/;

/**
 * The generated code changes the password and ends the sessions in one transaction. Users in
 * another database need a directory of their own.
 */
export function assertPostgres(tree: Tree, orm: string): void {
  const { dependencies = {} } = JSON.parse(tree.read('package.json')?.toString('utf8') ?? '{}') as {
    dependencies?: Record<string, string>;
  };
  const other = Object.keys(dependencies).find((name) => OTHER_DATABASES.test(name));
  if (other !== undefined && !('pg' in dependencies)) throw new Error(otherDatabase(orm, other));
}

export const otherDatabase = (orm: string, found: string): string =>
  `nest add found ${orm} on ${found}, and what it writes is for users in PostgreSQL: write a directory (docs/bring-your-own-users.md, "Users that live elsewhere"), or run again with --orm=drizzle`;

/** The first source file that matches. */
export function findSource(
  tree: Tree,
  sourceRoot: string,
  pattern: RegExp,
): { readonly path: string; readonly text: string } | undefined {
  let found: { path: string; text: string } | undefined;
  tree.getDir(sourceRoot).visit((path) => {
    if (
      found ||
      !path.endsWith('.ts') ||
      path.endsWith('.spec.ts') ||
      path.includes('/node_modules/')
    )
      return;
    const text = tree.read(path)?.toString('utf8') ?? '';
    if (pattern.test(text)) found = { path: path.slice(1), text };
  });
  return found;
}

/** The path as a file in `auth` imports it. */
export function fromAuth(path: string, sourceRoot: string): string {
  return `../${path.slice(sourceRoot.length + 1).replace(/\.ts$/, '.js')}`;
}
