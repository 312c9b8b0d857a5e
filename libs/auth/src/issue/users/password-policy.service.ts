import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { isVisible } from '../../common/visible-text.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { isCommonPassword } from './common-passwords.js';
import { passwordBytes } from './password-text.js';

export interface PasswordContext {
  /** The email of the user. The part before the `@` must not be in the password. */
  readonly email?: string;
  /**
   * What the user signs in with, if that is not the email. It must not be in the password either.
   */
  readonly identifier?: string;
  /** The present password, if it was typed, too. The new one must be different. */
  readonly current?: string;
  /** The field of the request that a refusal names. */
  readonly field: 'password' | 'newPassword';
}

/** The online check is optional and must not delay a registration. */
const BREACH_CHECK_DEADLINE_MS = 2_000;
/** Shorter names occur in other words by chance. */
const MIN_NAME_LENGTH = 4;

/**
 * The rules for a new password (NIST SP 800-63B-4, section 3.1.1.2): long enough, not too long to
 * hash, and not one that attackers try first. There are no rules of composition. Existing passwords
 * are never checked.
 */
@Injectable()
export class PasswordPolicy {
  constructor(private readonly options: ResolvedAuthOptions) {}

  /** Throws `AuthError('password_unacceptable')`, which names the field and the problem. */
  async check(password: string, context: PasswordContext): Promise<void> {
    const reason = await this.reasonAgainst(password, context);
    if (reason)
      throw new AuthError('password_unacceptable', reason, { fields: { [context.field]: reason } });
  }

  private async reasonAgainst(
    password: string,
    { email, identifier = email, current }: PasswordContext,
  ): Promise<string | undefined> {
    const { minLength, maxBytes, contextWords, refuseCommon, breachCheck } = this.options.passwords;
    if (!passwordBytes(password, maxBytes))
      return `must not be longer than ${String(maxBytes)} bytes`;
    const text = password.normalize('NFKC');
    // half of a surrogate pair has no UTF-8 form, so all such texts would have the same hash
    if (/\p{Surrogate}/u.test(text)) return 'must be valid Unicode text';
    if (!isVisible(text)) return 'must not hold control or invisible characters';
    if ([...text].length < minLength) return `must have at least ${String(minLength)} characters`;
    if (email !== undefined && holdsNameOf(email, text))
      return 'must not contain the name in the email address';
    if (identifier !== undefined && holdsNameOf(identifier, text))
      return 'must not contain what you sign in with';
    if (contextWords.some((word) => fold(text).includes(fold(word))))
      return 'must not contain the name of this service';
    if (text === current?.normalize('NFKC')) return 'must not be the current password';
    if (refuseCommon && (await isCommonPassword(text))) return 'is among the most used passwords';
    if (breachCheck && (await this.isBreached(breachCheck, text)))
      return 'is known from a data breach';
    return undefined;
  }

  private async isBreached(
    breachCheck: (password: string) => Promise<'breached' | 'not_found'>,
    password: string,
  ): Promise<boolean> {
    // called inside a promise, so that a hook that throws is handled like one that rejects
    const question = Promise.resolve().then(() => breachCheck(password));
    const answer: unknown = await withDeadline(
      question,
      BREACH_CHECK_DEADLINE_MS,
      'the breach check',
    ).catch(() => 'not_found');
    // a truth value or a forgotten `return` would let every breached password pass
    if (answer !== 'breached' && answer !== 'not_found')
      throw AuthError.unavailable("breachCheck must answer 'breached' or 'not_found'");
    return answer === 'breached';
  }
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

function holdsNameOf(email: string, password: string): boolean {
  const [name = ''] = fold(email).split('@');
  const folded = fold(password);
  return (
    folded === name ||
    folded === fold(email) ||
    (name.length >= MIN_NAME_LENGTH && folded.includes(name))
  );
}
