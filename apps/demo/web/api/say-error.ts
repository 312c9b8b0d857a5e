import { AuthClientError } from '@tokenward/client';

export interface Said {
  readonly text: string;
  /** The name of the input with the error. */
  readonly field?: string | undefined;
}

const BY_CODE: Readonly<Record<string, Said>> = {
  email_unverified: {
    text: 'Confirm your email first: a mail with a link has just been sent to it.',
    field: 'email',
  },
  taken: { text: 'There is an account with this email already.', field: 'email' },
  link_refused: {
    text: 'This link does not work any more: it was used, it is too old, or a newer one was sent.',
  },
};
/** The server's text about a field, and the text on this page. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/at least (\d+) characters/, 'Use at least $1 characters.'],
  [/most used passwords/, 'This is one of the most used passwords. Choose another one.'],
  [/the current password/, 'This is the password that you have. Choose another one.'],
  [/the name in the email/, 'Leave the name in your email address out of it.'],
  [/data breach/, 'This password is known from a data breach. Choose another one.'],
  [/longer than|too long/, 'This is too long.'],
  [/invisible characters/, 'This has a character in it that nobody can see. Type it again.'],
];
/** Errors of the browser's own passkey dialog. */
const BY_BROWSER: Readonly<Record<string, string>> = {
  NotAllowedError: 'No passkey was given.',
  InvalidStateError: 'This device has a passkey of yours already.',
  SecurityError: 'Browsers refuse passkeys at this address: open the page by the name localhost.',
};
const AWAY = 'The server cannot answer right now. Nothing was lost; try again in a moment.';

/**
 * A text for the user: what went wrong and what to do. `refused`: the meaning of a 401 or 403 here. Undefined if the
 * user cancelled.
 */
export function sayError(
  error: unknown,
  refused: Said = { text: 'That was refused.' },
): Said | undefined {
  if (error instanceof DOMException && error.name in BY_BROWSER)
    return { text: BY_BROWSER[error.name] ?? '' };
  if (!(error instanceof AuthClientError) || error.status >= 500) return { text: AWAY };
  const { status, code = '', message, retryAfterSeconds } = error;
  if (code === 'reauthentication_required') return undefined;
  if (code in BY_CODE) return BY_CODE[code];
  if (code === 'invalid_input') return sayInput(message);
  if (status === 429)
    return { text: `Too many tries. Try again in ${minutes(retryAfterSeconds)}.` };
  return status === 401 || status === 403 ? refused : { text: 'This no longer exists.' };
}

/** `newPassword: must have at least 8 characters; …` */
function sayInput(message: string): Said {
  const [, field, reason = ''] = /^(\w+): ([^;]*)/.exec(message) ?? [];
  const [pattern, words] = REASONS.find(([each]) => each.test(reason)) ?? [];
  const found = pattern?.exec(reason);
  if (found && words) return { field, text: words.replace('$1', found[1] ?? '') };
  return {
    field,
    text: field === 'email' ? 'This is not an email address.' : 'Please check this field.',
  };
}

function minutes(seconds = 60): string {
  const count = Math.ceil(seconds / 60);
  return count === 1 ? 'a minute' : `${String(count)} minutes`;
}
