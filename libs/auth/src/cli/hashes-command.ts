import { type SQL, sql } from 'drizzle-orm';
import { wrapBcrypt } from '../issue/users/stored-hashes/wrapped-hash.js';
import { passwordSchema } from '../options/auth-schema.js';
import { allowOnly, type Arguments } from './arguments.js';
import { type CliDatabase, withDatabase } from './database.js';
import { CommandError, type CommandResult, type Environment, UsageError } from './io.js';

const BATCH = 200;
/** Argon2id runs on libuv's threads; there are four by default. */
const AT_ONCE = 4;
/** The length of a wrapped hash: `bcrypt`, 29 characters of bcrypt settings, 97 of Argon2id. */
const WRAPPED_CHARACTERS = 132;
const BCRYPT = String.raw`^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`;

interface Column {
  readonly table: SQL;
  readonly id: SQL;
  readonly hash: SQL;
  /** The SQL type of the id. */
  readonly idType: string;
}

/**
 * Wraps the bcrypt hashes of a table in Argon2id. It works in batches by id; each row is updated
 * separately, and only if it still has that hash. Wrapped rows are skipped, so the command may be
 * stopped and started at any time, also while the application runs.
 */
export async function wrapHashes(
  args: Arguments,
  environment: Environment,
): Promise<CommandResult> {
  const { values, words } = args;
  if (words.length > 0) throw new UsageError('this command takes no more arguments');
  allowOnly(values, 'database-url', 'table', 'column', 'id-column', 'schema', 'yes');
  const { table, column, 'id-column': idColumn = 'id' } = values;
  if (!table || !column)
    throw new UsageError('name the table and the column of the hashes: --table, --column');
  if (!values.yes)
    throw new UsageError(
      'only Tokenward can verify wrapped hashes: add --yes if nothing else has to verify them',
    );
  const wrapped = await withDatabase(args, environment, async (db) => {
    const names = { table, column, idColumn, schema: values.schema };
    return wrapAll(db, await columnOf(db, names));
  });
  return { lines: [`Wrapped ${String(wrapped)} bcrypt hashes.`], data: { wrapped } };
}

async function columnOf(
  db: CliDatabase,
  names: {
    readonly table: string;
    readonly column: string;
    readonly idColumn: string;
    readonly schema?: string;
  },
): Promise<Column> {
  const named = names.schema === undefined ? '' : `${quoted(names.schema)}.`;
  const { rows } = await db.execute<{ name: string; type: string; width: number }>(
    sql`select attname as name, format_type(atttypid, atttypmod) as type,
        case when atttypid in ('varchar'::regtype, 'bpchar'::regtype) and atttypmod > 4 then atttypmod - 4 end as width
      from pg_attribute where attrelid = to_regclass(${named + quoted(names.table)}) and attnum > 0 and not attisdropped`,
  );
  const find = (name: string) => {
    const found = rows.find((row) => row.name === name);
    if (!found) throw new CommandError(`there is no column ${name} in a table ${names.table}`);
    return found;
  };
  const [id, hash] = [find(names.idColumn), find(names.column)];
  if (hash.width && hash.width < WRAPPED_CHARACTERS)
    throw new CommandError(
      `the column ${hash.name} is ${hash.type}, and a wrapped hash has ${String(WRAPPED_CHARACTERS)} characters: alter it to text first`,
    );
  return {
    table:
      names.schema === undefined
        ? sql`${sql.identifier(names.table)}`
        : sql`${sql.identifier(names.schema)}.${sql.identifier(names.table)}`,
    id: sql`${sql.identifier(id.name)}`,
    hash: sql`${sql.identifier(hash.name)}`,
    idType: id.type,
  };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function wrapAll(db: CliDatabase, { table, id, hash, idType }: Column): Promise<number> {
  let wrapped = 0;
  const cost = passwordSchema.parse({});
  const wrap = async (row: { id: string; hash: string }): Promise<void> => {
    const next = await wrapBcrypt(row.hash, cost);
    if (next === undefined) return;
    const { rowCount } = await db.execute(
      // a login may have replaced the hash meanwhile
      sql`update ${table} set ${hash} = ${next} where ${id} = ${row.id}::text::${sql.raw(idType)} and ${hash} = ${row.hash}`,
    );
    wrapped += rowCount ?? 0;
  };
  for (let last: string | undefined; ;) {
    const after = last === undefined ? sql`true` : sql`${id} > ${last}::text::${sql.raw(idType)}`;
    const { rows } = await db.execute<{ id: string; hash: string }>(
      // sorted by the column, not by the text that is also called id: as text, 10 sorts before 9
      sql`select ${id}::text as id, ${hash} as hash from ${table} where ${after} and ${hash} ~ ${BCRYPT} order by ${table}.${id} limit ${BATCH}`,
    );
    for (let at = 0; at < rows.length; at += AT_ONCE)
      await Promise.all(rows.slice(at, at + AT_ONCE).map(wrap));
    if (rows.length < BATCH) return wrapped;
    last = rows.at(-1)?.id;
  }
}
