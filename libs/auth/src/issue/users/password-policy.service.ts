import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { isVisible } from '../../common/visible-text.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { isCommonPassword } from './common-passwords.js';
import { passwordBytes } from './password-text.js';

export interface PasswordContext {
  /** Of the user whose password it becomes; what stands before the `@` may not be part of it. */
  readonly email?: string;
  /** What the user signs in with, where that is not the email; it may not be part of it either. */
  readonly identifier?: string;
  /** The one that it replaces, where that was typed too; it may not be the same. */
  readonly current?: string;
  /** The field of the request that a refusal names. */
  readonly field: 'password' | 'newPassword';
}

/** The online check is a courtesy: it may not hold up a registration. */
const BREACH_CHECK_DEADLINE_MS = 2_000;
/** Shorter names occur in other words by chance. */
const MIN_NAME_LENGTH = 4;

/**
 * What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): long enough, not too long to hash, none that attackers try first. No
 * rules of composition. Existing passwords are never judged.
 */
@Injectable()
export class PasswordPolicy {
  constructor(private readonly options: ResolvedAuthOptions) {}

  /** Throws `AuthError('password_unacceptable')` that names the field and what is wrong with it. */
  async check(password: string, context: PasswordContext): Promise<void> {
    const reason = await this.reasonAgainst(password, context);
    if (reason) throw new AuthError('password_unacceptable', reason, { fields: { [context.field]: reason } });
  }

  private async reasonAgainst(
    password: string,
    { email, identifier = email, current }: PasswordContext,
  ): Promise<string | undefined> {
    const { minLength, maxBytes, contextWords, refuseCommon, breachCheck } = this.options.passwords;
    if (!passwordBytes(password, maxBytes)) return `must not be longer than ${String(maxBytes)} bytes`;
    const text = password.normalize('NFKC');
    // half a character has no UTF-8: all of them would hash alike
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
    if (breachCheck && (await this.isBreached(breachCheck, text))) return 'is known from a data breach';
    return undefined;
  }

  private async isBreached(
    breachCheck: (password: string) => Promise<'breached' | 'not_found'>,
    password: string,
  ): Promise<boolean> {
    try {
      // called inside a promise, so that a hook that throws at once is not different from one that rejects
      const answer = Promise.resolve().then(() => breachCheck(password));
      return (await withDeadline(answer, BREACH_CHECK_DEADLINE_MS, 'the breach check')) === 'breached';
    } catch {
      return false;
    }
  }
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

function holdsNameOf(email: string, password: string): boolean {
  const [name = ''] = fold(email).split('@');
  const folded = fold(password);
  return (
    folded === name || folded === fold(email) || (name.length >= MIN_NAME_LENGTH && folded.includes(name))
  );
}
