import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';

const DAY_MS = 86_400_000;

/** What an operator should know of the keys, each said once. */
export class KeyWarnings {
  readonly #logger = new Logger('Tokenward');
  readonly #old = new Set<string>();
  #complaint = '';

  made(): void {
    this.#logger.log('a new signing key was made');
  }

  vanished({ kid }: KnownKey): void {
    this.#logger.warn(
      `the key ${JSON.stringify(kid)} left its source unrevoked: it signs until its successor may, and verifies until its last token has expired; to refuse it now: tokenward keys revoke`,
    );
  }

  silent(option: string): void {
    this.#logger.warn(`${option} does not answer: until it does nobody can sign in`);
  }

  unnoted(error: unknown): void {
    this.#logger.warn(
      `the keys cannot be noted (${why(error, 'the store failed')}): a key that is new may sign before its lead time`,
    );
  }

  /** The same failure again says nothing; `readable` makes the next one news. */
  unreadable(source: string, error: unknown): void {
    const complaint = why(error, 'it cannot be read');
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#logger.warn(`${source}: the keys stay as they are: ${complaint}`);
  }

  readable(): void {
    this.#complaint = '';
  }

  old(kid: string, ageMs: number): void {
    if (this.#old.has(kid)) return;
    this.#old.add(kid);
    this.#logger.warn(
      `the signing key ${JSON.stringify(kid)} is ${String(Math.floor(ageMs / DAY_MS))} days old: rotate it (docs/keys.md)`,
    );
  }
}

function why(error: unknown, otherwise: string): string {
  return error instanceof AuthError ? error.detail : otherwise;
}
