import { isUtf8 } from 'node:buffer';

export type JsonObject = Readonly<Record<string, unknown>>;
export interface StrictJson {
  readonly value: JsonObject;
  /** Whether a member named `__proto__` occurs at any depth. */
  readonly namesPrototype: boolean;
}

const [BACKSLASH, COLON] = [0x5c, 0x3a];

/**
 * A JSON object in valid UTF-8 without duplicate members (RFC 7515, section 4; RFC 8725, section 2.4: parsers that keep
 * different duplicates would see different tokens). Undefined for everything else.
 */
export function parseStrictJson(bytes: Buffer): StrictJson | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { members, namesPrototype } = survey(value);
  // a parser keeps only one of duplicate members
  return members === membersWritten(text)
    ? { value: value as JsonObject, namesPrototype }
    : undefined;
}

/** The number of members in all objects of `root`; without recursion, so that depth does not use the stack. */
function survey(root: object): { readonly members: number; readonly namesPrototype: boolean } {
  let members = 0;
  let namesPrototype = false;
  const open: object[] = [root];
  for (let next = open.pop(); next; next = open.pop()) {
    if (!Array.isArray(next)) {
      members += Object.keys(next).length;
      namesPrototype ||= Object.hasOwn(next, '__proto__');
    }
    for (const inner of Object.values(next) as unknown[])
      if (typeof inner === 'object' && inner !== null) open.push(inner);
  }
  return { members, namesPrototype };
}

/** The number of member names in a valid JSON text: strings before a colon. */
function membersWritten(text: string): number {
  let members = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at = afterString(text, at);
    while (text.charCodeAt(at) <= 0x20) at += 1;
    if (text.charCodeAt(at) === COLON) members += 1;
  }
  return members;
}

/**
 * The index after the closing quote of the string that begins at `start`. Uses native search,
 * because claims are long and escapes are rare.
 */
function afterString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
