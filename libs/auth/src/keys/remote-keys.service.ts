import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import type { ResolvedRemoteJwks } from '../options/resource-server-options.js';
import { type Fetch, fetchJwks } from './fetched-jwks.js';
import { KeyLookup } from './key-lookup.store.js';
import type { Keyring } from './keyring.service.js';

/** Until the issuer was reached for the first time. */
const FIRST_RETRY_MS = 1_000;
const AFTER_REVOCATION_MS = 1_000;

/** The issuer's keys, fetched from the pinned URL and kept: a fetch that fails leaves what is known in force. */
@Injectable()
export class RemoteKeys extends KeyLookup implements OnApplicationBootstrap, OnApplicationShutdown {
  /** How many fetches were begun. */
  fetches = 0;
  /** How many of them failed. */
  failedFetches = 0;
  readonly #logger = new Logger('Tokenward');
  #fetching: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attemptedAt = -Infinity;
  #succeededAt = -Infinity;
  #completeForMs = 0;
  #suspectUntil = -Infinity;
  #complained = '';
  #stopped = false;

  constructor(
    private readonly options: ResolvedRemoteJwks,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
  ) {
    super();
  }

  /** The issuer may come up later: its absence stops nothing. */
  async onApplicationBootstrap(): Promise<void> {
    const { url } = this.options;
    const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
    if (url.protocol === 'http:' && !isLocal && process.env['NODE_ENV'] === 'production')
      this.#logger.warn(
        'jwks.url is plain HTTP: whoever is on the way can put keys of his own there; use https',
      );
    await this.refresh();
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Fetches now, unless a fetch is under way, which is then shared. Never rejects. */
  refresh(): Promise<void> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
      this.#schedule();
    });
    return this.#fetching;
  }

  async lookAgain(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.clock.monotonic() - this.#attemptedAt < this.options.coolDownMs) return;
    return this.refresh();
  }

  /** By the age of the last fetch: keys are published at least for the `max-age` of the JWKS before they sign. */
  isComplete(): boolean {
    const isRecent = this.clock.monotonic() - this.#succeededAt <= this.#completeForMs;
    return isRecent && this.#succeededAt >= this.#suspectUntil;
  }

  /** Refuses the key here; the issuer has a new one by now, or in a moment. */
  revoke(keyId: string): void {
    // what replaces it signs at once, and is not in what was fetched before
    if (!this.keyring.isRevoked(keyId)) this.#suspectUntil = this.clock.monotonic() + AFTER_REVOCATION_MS;
    this.keyring.revoke(keyId);
    void this.refresh().then(() => this.#schedule(AFTER_REVOCATION_MS));
  }

  async #fetchOnce(): Promise<void> {
    const startedAt = this.clock.monotonic();
    this.#attemptedAt = startedAt;
    this.fetches += 1;
    const { url, algorithms, deadlineMs, refreshEveryMs } = this.options;
    try {
      const { keys, maxAgeMs } = await fetchJwks(this.fetch, url, algorithms, deadlineMs);
      if (!this.#holds(keys.map(({ kid, publicJwk }) => JSON.stringify([kid, publicJwk]))))
        this.keyring.replace({ verification: keys });
      this.#succeededAt = startedAt;
      this.#completeForMs = Math.max(maxAgeMs, refreshEveryMs);
      this.#complained = '';
    } catch (error) {
      this.failedFetches += 1;
      this.#complain(error instanceof AuthError ? error.detail : 'the JWKS cannot be fetched');
    }
  }

  #known = '';

  /** The same keys again must not void what was verified with them. */
  #holds(written: readonly string[]): boolean {
    const now = [...written].sort().join();
    const same = now === this.#known;
    this.#known = now;
    return same;
  }

  #schedule(afterMs?: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const failing = this.#succeededAt < this.#attemptedAt;
    const retryMs = this.keyring.size === 0 ? FIRST_RETRY_MS : this.options.coolDownMs;
    const wait = afterMs ?? (failing ? retryMs : this.options.refreshEveryMs);
    this.#timer = setTimeout(() => void this.refresh(), wait).unref();
  }

  #complain(why: string): void {
    if (why === this.#complained) return;
    this.#complained = why;
    this.#logger.warn(`${why}; the keys known so far stay in force`);
  }
}
