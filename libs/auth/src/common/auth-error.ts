import type { AuthErrorCode } from '../contract/index.js';

export interface AuthErrorExtra {
  readonly cause?: unknown;
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Seconds; the proof age that the route asks for (RFC 9470, section 3). */
  readonly maxAgeSeconds?: number;
  /** Names of the refused fields with what is wrong; never their values. */
  readonly fields?: Readonly<Record<string, string>>;
  /** A refused refresh that must leave the cookies alone: the loser of a race would wipe the winner's. */
  readonly cookies?: 'keep';
}

/**
 * Everything Tokenward refuses. `code` is stable; `detail` is private: for the log, never for an answer.
 * Neither ever holds a token, hash, password or key.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError';

  constructor(
    readonly code: AuthErrorCode,
    readonly detail: string,
    readonly extra: AuthErrorExtra = {},
  ) {
    super(`${code}: ${detail}`, { cause: extra.cause });
  }

  /** A store that is needed is down, slow or overloaded: nothing is guessed (contract, section 4). */
  static unavailable(detail: string, cause?: unknown): AuthError {
    return new AuthError('unavailable', detail, { cause, retryAfterSeconds: 1 });
  }

  /** One line that names the option and the cure; stops the boot. */
  static configuration(option: string, problem: string): AuthError {
    return new AuthError('configuration_invalid', `${option}: ${problem}`);
  }
}
