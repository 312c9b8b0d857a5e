const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonObject = Readonly<Record<string, unknown>>;
export interface StrictJson {
  readonly value: JsonObject;
  /** Whether a member named `__proto__` occurs at any depth. */
  readonly namesPrototype: boolean;
}

/**
 * A JSON object in valid UTF-8 in which no object repeats a member (RFC 7515, section 4, and RFC 8725, section 2.4: two parsers that
 * keep different ones would see two tokens); undefined for everything else.
 */
export function parseStrictJson(bytes: Buffer): StrictJson | undefined {
  let text: string;
  let value: unknown;
  try {
    text = UTF8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const names = memberNames(text);
  return names && { value: value as JsonObject, namesPrototype: names.has('__proto__') };
}

/** Every member name of a text that is known to be JSON; undefined when an object repeats one, however it is escaped. */
function memberNames(text: string): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') open.push(new Set());
    else if (char === '[') open.push(undefined);
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = stringEnd(text, at);
      if (isMemberName(text, end)) {
        const name = unescaped(text.slice(at, end));
        const siblings = open.at(-1);
        if (siblings?.has(name)) return undefined;
        siblings?.add(name);
        all.add(name);
      }
      at = end - 1;
    }
  }
  return all;
}

/** Index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function unescaped(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

function isMemberName(text: string, end: number): boolean {
  let at = end;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
}
