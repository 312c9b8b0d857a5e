/**
 * Where `take` stands in a text, however the formatter broke its lines: blanks between two tokens do not count, nor
 * does a comma before a closing bracket.
 * @returns {RegExp} to be used with `matchAll` and `replace`
 */
export function placeOf(take) {
  const tokens = take.match(/\w+|[^\w\s]/g) ?? [];
  return new RegExp(
    tokens.map((token, at) => between(tokens[at - 1], token) + escaped(token)).join(''),
    'g',
  );
}

function between(before, token) {
  if (before === undefined) return '';
  if (/\w/.test(before) && /\w/.test(token)) return '\\s+';
  return before !== ',' && /[)\]}]/.test(token) ? '\\s*,?\\s*' : '\\s*';
}

function escaped(token) {
  return /\w/.test(token) ? token : `\\${token}`;
}

export const isOnce = (take, text) => [...text.matchAll(placeOf(take))].length === 1;
