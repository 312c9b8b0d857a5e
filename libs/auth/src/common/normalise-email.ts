/** The form in which an email is compared and stored: NFKC, lower case, trimmed. Applying it twice changes nothing. */
export function normaliseEmail(email: string): string {
  // lower case may undo NFKC, and NFKC may produce blanks: hence the second pass, and the trim at the end
  return email.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
}
