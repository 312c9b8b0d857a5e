/**
 * Control, format, unassigned and private characters, single surrogates, line and paragraph separators, and
 * characters without a glyph.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** They choose how the character before them is drawn. */
const VARIATION = /(?<=\p{Emoji}|\p{Script=Han})[\ufe0e\ufe0f\u{e0100}-\u{e01ef}]/gu;
/** They join emoji, and shape Arabic and Indic words: part of how names there are written (RFC 5892, appendix A). */
const JOINER =
  /(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})|(?<=\p{Script=Arabic})[\u200c\u200d](?=\p{Script=Arabic})|(?<=\p{Mn})[\u200c\u200d](?=[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}])/gu;

/**
 * Whether every character of `text` is visible (blanks count as visible). Invisible characters make two names look
 * alike.
 */
export function isVisible(text: string): boolean {
  return !UNSEEN.test(text.replace(JOINER, '').replace(VARIATION, ''));
}
