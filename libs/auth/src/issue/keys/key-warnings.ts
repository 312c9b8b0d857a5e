import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';
import type { PhasedKey } from './key-phases.js';

const DAY_MS = 86_400_000;

/** Warnings about the keys for the operator, each logged once. */
export class KeyWarnings {
  readonly #logger = new Logger('Tokenward');
  readonly #old = new Set<string>();
  readonly #other = new Set<string>();
  #complaint = '';

  made(): void {
    this.#logger.log('a new signing key was made');
  }

  vanished({ kid }: KnownKey): void {
    this.#logger.warn(
      `the key ${JSON.stringify(kid)} left its source unrevoked: it signs until its successor may, and verifies until its last token has expired; to refuse it now: tokenward keys revoke`,
    );
  }

  /**
   * Warns of keys that sign or will sign with another algorithm, unless one of them has the
   * configured one. RS256 may be nobody's choice, because it is the default.
   */
  otherAlgorithm(keys: readonly PhasedKey[], configured: SigningAlgorithm): void {
    const signers = keys.filter(({ phase }) => phase === 'active' || phase === 'next');
    if (signers.some(({ key }) => key.verification.algorithm === configured)) return;
    for (const { key } of signers) {
      const { algorithm } = key.verification;
      if (this.#other.has(key.kid) || (configured === 'RS256' && !/^[RP]S/.test(algorithm)))
        continue;
      this.#other.add(key.kid);
      this.#logger.warn(
        `the key ${JSON.stringify(key.kid)} goes on signing with ${algorithm}, although keys.algorithm is ${configured}: a key keeps its algorithm; replace it (tokenward keys rotate --algorithm ${configured}, docs/keys.md)`,
      );
    }
  }

  silent(option: string): void {
    this.#logger.warn(`${option} does not answer; nobody can sign in until it does`);
  }

  unnoted(error: unknown): void {
    this.#logger.warn(
      `the keys cannot be recorded (${why(error, 'the store failed')}): a new key may sign before its lead time`,
    );
  }

  /** Logs a failure once. After `readable` the same failure is logged again. */
  unreadable(source: string, error: unknown): void {
    const complaint = why(error, 'it cannot be read');
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#logger.warn(`${source}: the keys are left unchanged: ${complaint}`);
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
