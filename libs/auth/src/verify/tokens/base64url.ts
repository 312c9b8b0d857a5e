/**
 * Canonical base64url without padding (RFC 7515, section 2). Node's decoder also accepts blanks,
 * padding, `+/` and unused bits. Undefined for an empty text, too.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}
