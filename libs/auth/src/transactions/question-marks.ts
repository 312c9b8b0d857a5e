import type { SqlParameter } from '../storage/sql-transaction.port.js';

/** A statement with Knex's placeholders: `?` for each use of a parameter, in the order of the text. */
export function questionMarks(
  text: string,
  parameters: readonly SqlParameter[],
): { readonly sql: string; readonly bindings: readonly SqlParameter[] } {
  const bindings: SqlParameter[] = [];
  // a question mark of the text is an operator, and is not to be replaced
  const sql = text.replaceAll(/\?|\$(\d+)/g, (mark, number?: string) => {
    const parameter = number === undefined ? undefined : parameters[Number(number) - 1];
    if (parameter === undefined) return mark === '?' ? '\\?' : mark;
    bindings.push(parameter);
    return '?';
  });
  return { sql, bindings };
}
