import { AuthError } from './auth-error.js';
import { isKnownSecret } from './known-secrets.js';

const FEWEST_BYTES = 6;
/** 128 random bits in hexadecimal have 32 digits. Some may form runs by chance, but this many units remain. */
const FEWEST_UNITS = 16;

/**
 * Words that placeholders consist of, the longest first, so that `secretkey` is not read as `secret` and three letters.
 */
const WORDS = (
  'abcdefgh qwertyuiop asdfghjkl zxcvbnm qwerty asdf zxcv qazwsx letmein iloveyou welcome dragon ' +
  'secrets secret secrete privates private public publickey passphrase password passwort passwd keyboard cat shhhhh shhh ' +
  'keys key jwt jsonwebtoken token access refresh signing signature signed sign auth authentication authorization login session cookie salt hash hmac sha256 sha512 hs256 hs384 hs512 ' +
  'change changed changeme changeit replace replaced default example sample dummy placeholder test testing tests demo temp temporary todo local localhost ' +
  'development develop dev production prod staging environment env config configuration ' +
  'super very really ultra mega extra most top strong strongest secure secured safe safest unsafe insecure random complex unique long longer longest good hard guess hidden unknown ' +
  'please your yours with this that these here have must should shall will would could can cannot not never dont use used using value values string text word words number characters character chars char letters bytes byte bits bit ' +
  'least minimum min max length and for from the are was been being only one two three four own our some any all more than enough need needs make made keep kept create created generate generated put set insert enter ' +
  'nestjs nest nodejs node express next react angular spring boot django flask fastapi laravel supabase postgrest hasura api app application server service backend frontend web website site user users admin root system company project tutorial ' +
  'foobar foo bar baz hello world lorem ipsum abc xyz'
)
  .split(' ')
  .sort((a, b) => b.length - a.length);
const WORD = new RegExp(`[^a-z0-9]*(${WORDS.join('|')})[^a-z0-9]*`, 'g');

const CURE = 'make your own at random with `tokenward secret`';

/** Refuses a secret that is printed in documentation, a tutorial, an RFC or somebody's defaults. */
export function assertNotKnown(option: string, secret: Buffer): void {
  if (isKnownSecret(secret))
    throw AuthError.configuration(option, `is an example secret that everyone knows: ${CURE}`);
}

/**
 * Refuses a secret that others know or would try first: published, with few different bytes, with a short period, or
 * made of words and runs.
 */
export function assertHardToGuess(option: string, secret: Buffer): void {
  assertNotKnown(option, secret);
  // checked as bytes and as the text that encodes them, because somebody may have typed either
  for (const form of [secret, Buffer.from(secret.toString('base64url'))]) {
    if (new Set(form).size < FEWEST_BYTES || periodOf(form) * 4 <= form.length)
      throw AuthError.configuration(option, `repeats itself, so it is soon guessed: ${CURE}`);
    if (unitsOf(form) < FEWEST_UNITS)
      throw AuthError.configuration(
        option,
        `is made of common words, runs and padding, so it is soon guessed: ${CURE}`,
      );
  }
}

/** The shortest p with form[i] = form[i + p] throughout (the failure function of Knuth, Morris and Pratt). */
function periodOf(form: Buffer): number {
  const border = [0];
  for (let i = 1, k = 0; i < form.length; i += 1) {
    while (k > 0 && form[i] !== form[k]) k = border[k - 1] ?? 0;
    if (form[i] === form[k]) k += 1;
    border.push(k);
  }
  return form.length - (border[form.length - 1] ?? 0);
}

/**
 * How many choices the secret needed: a word counts once however often it occurs, so does a run (`aaaa`, `1234`,
 * `dcba`), and every other byte counts.
 */
function unitsOf(form: Buffer): number {
  const text = form.toString('latin1');
  if (!/^[\x20-\x7e\s]*$/.test(text)) return runsOf(form);
  const words = new Set<string>();
  const rest = text.toLowerCase().replace(WORD, (_all, word: string) => {
    words.add(word);
    return '';
  });
  return words.size + runsOf(Buffer.from(rest, 'latin1'));
}

function runsOf(bytes: Buffer): number {
  let units = 0;
  for (let at = 0; at < bytes.length; units += 1) {
    const step = (bytes[at + 1] ?? 0) - (bytes[at] ?? 0);
    let end = at + 1;
    if (Math.abs(step) <= 1)
      while (end < bytes.length && (bytes[end] ?? 0) - (bytes[end - 1] ?? 0) === step) end += 1;
    at = end - at >= 3 ? end : at + 1;
  }
  return units;
}
