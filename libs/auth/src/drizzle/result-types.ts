import type { CustomTypesConfig } from 'pg';

type Parser = (value: string | Buffer) => unknown;

const textOf = (value: string | Buffer): string => value.toString();

/** Reads `\x…`, the format of every supported server. */
const bytes: Parser = (value) =>
  typeof value === 'string' ? Buffer.from(value.slice(2), 'hex') : Buffer.from(value);
const json: Parser = (value) => JSON.parse(textOf(value)) as unknown;

/** Parsers by type, for the text format. Other types stay text. */
const TEXT: ReadonlyMap<number, Parser> = new Map([
  [16, (value) => textOf(value) === 't'],
  [17, bytes],
  [21, (value) => Number(textOf(value))],
  [23, (value) => Number(textOf(value))],
  [701, (value) => Number(textOf(value))],
  [114, json],
  [3802, json],
]);

/**
 * Tokenward's own parsers, used whatever parsers the host has set (`pg.types.setTypeParser`,
 * `types` of the pool).
 */
export const RESULT_TYPES: CustomTypesConfig = {
  getTypeParser: (oid: number) => TEXT.get(oid) ?? textOf,
};
