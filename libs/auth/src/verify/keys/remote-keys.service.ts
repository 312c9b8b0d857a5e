import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Clock } from '../../common/clock.js';
import type { ResolvedRemoteJwks } from '../../options/remote-jwks-options.js';
import { type FetchedJwks, fetchJwks } from './fetched-jwks.js';
import { KeyLookup } from './key-lookup.port.js';
import type { Keyring } from './keyring.service.js';

/** Used until the issuer answers for the first time. */
const FIRST_RETRY_MS = 1_000;
const AFTER_REVOCATION_MS = 1_000;
const SHORTEST_WAIT_MS = 1_000;

/**
 * The issuer's keys, fetched from the pinned URL. A key set that was read replaces the previous
 * one, even if it is empty. After an answer that is not a key set, the known keys stay valid, but
 * only for `keepFor`.
 */
@Injectable()
export class RemoteKeys extends KeyLookup implements OnApplicationBootstrap, OnApplicationShutdown {
  /** How many fetches were started. */
  fetches = 0;
  /** How many of them failed. */
  failedFetches = 0;
  readonly #logger = new Logger('Tokenward');
  #fetching: Promise<void> | undefined;
  #afresh: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endOfTrust: NodeJS.Timeout | undefined;
  #attemptedAt = -Infinity;
  #lookedAt = -Infinity;
  /** Whether the last fetch brought a key set. */
  #answered = false;
  #succeededAt = -Infinity;
  #completeForMs = 0;
  #refreshAfterMs: number;
  #suspectUntil = -Infinity;
  #known = '';
  #said: string | undefined;
  #stopped = false;

  constructor(
    private readonly options: ResolvedRemoteJwks,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {
    super();
    this.#refreshAfterMs = options.refreshEveryMs;
  }

  /** The issuer may start later, so its absence does not stop the boot. */
  async onApplicationBootstrap(): Promise<void> {
    const { url } = this.options;
    const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
    if (url.protocol === 'http:' && !isLocal && process.env['NODE_ENV'] === 'production')
      this.#logger.warn(
        'jwks.url is plain HTTP: anybody on the network path can replace the keys; use https',
      );
    await this.refresh();
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#endOfTrust);
  }

  /** Fetches now; if a fetch is in progress, its result is shared. Never rejects. */
  refresh(): Promise<void> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
      this.#schedule();
    });
    return this.#fetching;
  }

  async lookAgain(): Promise<void> {
    if (this.options.whileCooling === 'waits') return (this.#afresh ??= this.#fetchAfresh());
    if (this.#fetching) return this.#fetching;
    if (this.clock.monotonic() - this.#attemptedAt < this.options.coolDownMs) return;
    return this.refresh();
  }

  /** A fetch that starts after this call: one in progress may have read the keys before the new one was published. */
  async #fetchAfresh(): Promise<void> {
    await this.#fetching;
    const { coolDownMs } = this.options;
    const wait = this.#lookedAt + coolDownMs - this.clock.monotonic();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait).unref());
    this.#lookedAt = this.clock.monotonic();
    this.#afresh = undefined;
    await this.refresh();
  }

  /**
   * Decided by the age of the last fetch, because keys are published at least for the `max-age` of
   * the JWKS before they sign.
   */
  isComplete(): boolean {
    if (this.options.whileCooling === 'waits') return this.#answered;
    const isRecent = this.clock.monotonic() - this.#succeededAt <= this.#completeForMs;
    return isRecent && this.#succeededAt >= this.#suspectUntil;
  }

  /** Refuses the key here. The issuer has a new one already, or will have one in a moment. */
  revoke(keyId: string): void {
    // the replacement signs at once, and was not in the keys that were fetched before
    if (!this.keyring.isRevoked(keyId))
      this.#suspectUntil = this.clock.monotonic() + AFTER_REVOCATION_MS;
    this.keyring.revoke(keyId);
    void this.refresh().then(() => this.#schedule(AFTER_REVOCATION_MS));
  }

  async #fetchOnce(): Promise<void> {
    const startedAt = this.clock.monotonic();
    this.#attemptedAt = startedAt;
    this.fetches += 1;
    try {
      const fetched = await fetchJwks(this.options);
      this.#take(fetched, startedAt);
    } catch (error) {
      this.failedFetches += 1;
      this.#answered = false;
      this.#endTrustWhenDue();
      const why = error instanceof AuthError ? error.detail : 'the JWKS cannot be fetched';
      this.#say(`${why}; ${this.#consequence()}`);
    }
  }

  #take({ keys, maxAgeMs, ...rest }: FetchedJwks, startedAt: number): void {
    const { refreshEveryMs, keepForMs } = this.options;
    const written = keys.map(({ kid, publicJwk }) => JSON.stringify([kid, publicJwk]));
    this.#replace(keys, written.sort().join());
    this.#succeededAt = startedAt;
    this.#answered = true;
    this.#completeForMs = Math.max(maxAgeMs, refreshEveryMs);
    this.#refreshAfterMs = Math.min(refreshEveryMs, maxAgeMs || Infinity);
    clearTimeout(this.#endOfTrust);
    if (!this.#stopped)
      this.#endOfTrust = setTimeout(() => this.#endTrustWhenDue(), keepForMs + 1).unref();
    this.#say(remarks(keys.length, rest, this.options));
  }

  /** If the keys have not changed, the outcomes that were verified with them must stay valid. */
  #replace(verification: FetchedJwks['keys'], written: string): void {
    if (written !== this.#known) this.keyring.replace({ verification });
    this.#known = written;
  }

  /** An issuer that did not answer for that long may have revoked all its keys. */
  #endTrustWhenDue(): void {
    if (this.clock.monotonic() - this.#succeededAt <= this.options.keepForMs) return;
    this.#completeForMs = 0;
    this.#replace([], '');
  }

  #schedule(afterMs?: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const retryMs = this.keyring.size === 0 ? FIRST_RETRY_MS : this.options.coolDownMs;
    const nextMs = this.#answered ? Math.max(this.#refreshAfterMs, SHORTEST_WAIT_MS) : retryMs;
    const wait = afterMs ?? nextMs;
    this.#timer = setTimeout(() => void this.refresh(), wait).unref();
  }

  #consequence(): string {
    if (this.keyring.size === 0) return 'no key is in force, so tokens are answered 503';
    const hours = Math.round(this.options.keepForMs / 360_000) / 10;
    return `the keys known so far stay in force, until ${String(hours)} h after the last good answer`;
  }

  /** Logs each message once. */
  #say(what: string): void {
    if (what === this.#said) return;
    this.#said = what;
    const { of } = this.options;
    if (what !== '') this.#logger.warn(of === undefined ? what : `${of}: ${what}`);
  }
}

function remarks(
  usable: number,
  { leftOut, otherAlgorithms }: Pick<FetchedJwks, 'leftOut' | 'otherAlgorithms'>,
  { algorithms }: ResolvedRemoteJwks,
): string {
  const out =
    leftOut.length > 0 ? `of the JWKS these are left out: ${leftOut.slice(0, 10).join('; ')}` : '';
  if (usable > 0) return out;
  const why =
    otherAlgorithms.length > 0
      ? `the JWKS holds no key of jwks.algorithms (${[...algorithms].join(', ')}), but of ${otherAlgorithms.join(', ')}`
      : 'the JWKS holds no key that verifies';
  return [`${why}: every token is refused`, out].filter(Boolean).join('; ');
}
