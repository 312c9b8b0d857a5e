import type { SqlParameter } from '../storage/sql-transaction.port.js';

/** A statement that every library handles in the same way. */
export interface PlainStatement {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
}

/**
 * The same statement, with each row of the answer as one JSON text, and with only text and numbers as parameters. The
 * host's library may convert types and column names; here it finds nothing to convert.
 */
export function asPlainText(sql: string, params: readonly unknown[]): PlainStatement {
  const { head, body } = parted(sql.trim());
  const answers = /^(?:select|values)\b/i.test(body) || /\breturning\b/i.test(body);
  const statement = answers ? body : `${body} returning 1`;
  const text = `${head}tokenward as (${statement}) select to_jsonb(tokenward)::text as tokenward from tokenward`;
  const plain = params.map(plainOf);
  return {
    text: text.replaceAll(
      /\$(\d+)/g,
      (mark, number: string) => plain[Number(number) - 1]?.as(mark) ?? mark,
    ),
    parameters: plain.map(({ value }) => value),
  };
}

interface Plain {
  readonly value: SqlParameter;
  /** The text in the statement that replaces its mark. */
  as(mark: string): string;
}

const itself = (mark: string): string => mark;
const cast =
  (type: string) =>
  (mark: string): string =>
    `${mark}::text::${type}`;

/** A library that knows the column's type writes a value that is not text in its own format. */
function plainOf(value: unknown): Plain {
  if (Buffer.isBuffer(value))
    return { value: value.toString('hex'), as: (mark) => `decode(${mark}::text, 'hex')` };
  if (typeof value === 'string' || typeof value === 'number') return { value, as: itself };
  if (value === null || value === undefined) return { value: null, as: itself };
  // comes from the host's own condition on its users
  if (typeof value === 'boolean') return { value: String(value), as: cast('boolean') };
  if (typeof value === 'bigint') return { value: String(value), as: cast('bigint') };
  if (value instanceof Date) return { value: value.toISOString(), as: cast('timestamptz') };
  throw new TypeError(
    `a parameter of type ${typeof value} in a transaction of the host's: cast it from text`,
  );
}

/**
 * A statement that changes rows is only allowed in a `with` at the top level, so those of the
 * statement stay there.
 */
function parted(sql: string): { readonly head: string; readonly body: string } {
  if (!/^with\b/i.test(sql)) return { head: 'with ', body: sql };
  let depth = 0;
  for (let at = 0; at < sql.length; at++) {
    if (sql[at] === '(') depth++;
    if (sql[at] !== ')' || --depth > 0) continue;
    const rest = sql.slice(at + 1).trimStart();
    if (!/^(?:,|as\b)/i.test(rest)) return { head: `${sql.slice(0, at + 1)}, `, body: rest };
  }
  throw new TypeError('a statement that begins with `with` has no end');
}
