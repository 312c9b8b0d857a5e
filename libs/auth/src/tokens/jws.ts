import { MAX_TOKEN_BYTES } from './access-claims.js';
import { decodeBase64Url } from './base64url.js';
import { type JsonObject, parseStrictJson } from './strict-json.js';

export type CompactJws =
  | {
      readonly kind: 'parsed';
      readonly header: JsonObject;
      readonly payload: JsonObject;
      /** What the signature is over: the first two parts as they were sent. */
      readonly signed: Buffer;
      readonly signature: Buffer;
    }
  | { readonly kind: 'malformed'; readonly reason: 'oversized' | 'malformed' };

const MALFORMED = { kind: 'malformed', reason: 'malformed' } as const;
const OVERSIZED = { kind: 'malformed', reason: 'oversized' } as const;

/** Strict JWS compact serialization (RFC 7515, section 7.1): one text, one meaning. Nothing in it is believed yet. */
export function parseCompactJws(token: string): CompactJws {
  // characters are bytes here: anything beyond ASCII is no base64url
  if (token.length > MAX_TOKEN_BYTES) return OVERSIZED;
  const parts = token.split('.');
  if (parts.length !== 3) return MALFORMED;
  const [headerBytes, payloadBytes, signature] = parts.map(decodeBase64Url);
  if (!headerBytes || !payloadBytes || !signature) return MALFORMED;
  const header = parseStrictJson(headerBytes);
  const payload = parseStrictJson(payloadBytes);
  // claims are handed to the host, who may copy them member by member
  if (!header || !payload || payload.namesPrototype) return MALFORMED;
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  return { kind: 'parsed', header: header.value, payload: payload.value, signed, signature };
}
