/** Canonical base64url without padding (RFC 7515, section 2); node alone also takes blanks, padding, `+/` and stray bits. Undefined when empty, too. */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}
