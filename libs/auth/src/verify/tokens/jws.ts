import { MAX_TOKEN_BYTES } from './access-claims.js';
import { decodeBase64Url } from './base64url.js';
import { type JsonObject, parseStrictJson, type StrictJson } from './strict-json.js';

export type CompactJws =
  | {
      readonly kind: 'parsed';
      /** As it was sent. */
      readonly headerText: string;
      readonly header: JsonObject;
      readonly payload: JsonObject;
      /** What the signature is over: the first two parts as they were sent. */
      readonly signed: Buffer;
      readonly signature: Buffer;
    }
  | { readonly kind: 'malformed'; readonly reason: 'oversized' | 'malformed' };

const MALFORMED = { kind: 'malformed', reason: 'malformed' } as const;
const OVERSIZED = { kind: 'malformed', reason: 'oversized' } as const;

/** Headers by their text: an issuer writes the same one into every token. */
export type KnownHeaders = ReadonlyMap<string, JsonObject>;
const NONE_KNOWN: KnownHeaders = new Map();

/** Strict JWS compact serialization (RFC 7515, section 7.1): one text, one meaning. Nothing in it is believed yet. */
export function parseCompactJws(token: string, known: KnownHeaders = NONE_KNOWN): CompactJws {
  // characters are bytes here: anything beyond ASCII is not base64url
  if (token.length > MAX_TOKEN_BYTES) return OVERSIZED;
  const parts = token.split('.');
  if (parts.length !== 3) return MALFORMED;
  const [headerText, payloadText, signatureText] = parts as [string, string, string];
  const signature = decodeBase64Url(signatureText);
  const header = known.get(headerText) ?? parsePart(headerText)?.value;
  const payload = parsePart(payloadText);
  // claims are handed to the host, who may copy them member by member
  if (!signature || !header || !payload || payload.namesPrototype) return MALFORMED;
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  return { kind: 'parsed', headerText, header, payload: payload.value, signed, signature };
}

function parsePart(text: string): StrictJson | undefined {
  const bytes = decodeBase64Url(text);
  return bytes && parseStrictJson(bytes);
}
