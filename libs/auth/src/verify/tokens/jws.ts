import { MAX_TOKEN_BYTES } from './access-claims.js';
import { decodeBase64Url } from './base64url.js';
import { type JsonObject, parseStrictJson, type StrictJson } from './strict-json.js';

export type CompactJws =
  | {
      readonly kind: 'parsed';
      /** The header as it was sent. */
      readonly headerText: string;
      readonly header: JsonObject;
      readonly payload: JsonObject;
      /** The signed bytes: the first two parts as they were sent. */
      readonly signed: Buffer;
      readonly signature: Buffer;
    }
  | { readonly kind: 'malformed'; readonly reason: 'oversized' | 'malformed' };

const MALFORMED = { kind: 'malformed', reason: 'malformed' } as const;
const OVERSIZED = { kind: 'malformed', reason: 'oversized' } as const;

/** Parsed headers by their text, because an issuer writes the same header into every token. */
export type KnownHeaders = ReadonlyMap<string, JsonObject>;
const NONE_KNOWN: KnownHeaders = new Map();

/**
 * Strict JWS compact serialization (RFC 7515, section 7.1), so that each text has one meaning.
 * Nothing in it is trusted yet.
 */
export function parseCompactJws(token: string, known: KnownHeaders = NONE_KNOWN): CompactJws {
  // characters equal bytes here, because a text beyond ASCII is not base64url
  if (token.length > MAX_TOKEN_BYTES) return OVERSIZED;
  const parts = token.split('.');
  if (parts.length !== 3) return MALFORMED;
  const [headerText, payloadText, signatureText] = parts as [string, string, string];
  const signature = decodeBase64Url(signatureText);
  const header = known.get(headerText) ?? parsePart(headerText)?.value;
  const payload = parsePart(payloadText);
  // the host gets the claims and may copy them member by member
  if (!signature || !header || !payload || payload.namesPrototype) return MALFORMED;
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  return { kind: 'parsed', headerText, header, payload: payload.value, signed, signature };
}

function parsePart(text: string): StrictJson | undefined {
  const bytes = decodeBase64Url(text);
  return bytes && parseStrictJson(bytes);
}
