import type { Clock } from '../../common/clock.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SigningKey } from '../../verify/keys/key-set.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';
import { type Phases, type PhaseRules, phasesAt } from './key-phases.js';
import { age, differences, type KeyChange, type KeyStatus } from './key-status.js';
import type { KeyWarnings } from './key-warnings.js';
import { vanishedKeys } from './vanished-keys.js';

type Options = Pick<ResolvedAuthOptions, 'keyRotation' | 'accessToken'>;

const LONGEST_TIMER_MS = 3_600_000;

/** The keys that this process knows, and what each may do now: follows the clock, and removes revoked keys. */
export class PhasedKeys {
  readonly keyring = new Keyring({ verification: [] });
  readonly #firstSeen = new Map<string, number>();
  readonly #listeners = new Set<(change: KeyChange) => void>();
  #known: readonly KnownKey[] = [];
  #phases: Phases = { keys: [] };
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly options: Options,
    private readonly clock: Clock,
    private readonly warnings: KeyWarnings,
  ) {}

  get known(): readonly KnownKey[] {
    return this.#known;
  }

  get phases(): Phases['keys'] {
    return this.#phases.keys;
  }

  get sign(): boolean {
    return this.#phases.signing !== undefined;
  }

  /** Until a key's last token has expired, allowing for wrong clocks and late reads. */
  get retainMs(): number {
    const { ttlSeconds, clockToleranceSeconds } = this.options.accessToken;
    return (
      (ttlSeconds + 2 * clockToleranceSeconds + 1) * 1000 +
      2 * this.options.keyRotation.refreshEveryMs
    );
  }

  /** In the order in which they sign. */
  status(): readonly KeyStatus[] {
    const now = this.clock.now();
    return this.#phases.keys.map(({ key, phase, signsFromMs, verifiesUntilMs }) => ({
      keyId: key.kid,
      algorithm: key.verification.algorithm,
      phase,
      ageMs: age(key, now),
      signsFrom: signsFromMs ? new Date(signsFromMs) : undefined,
      verifiesUntil: verifiesUntilMs === undefined ? undefined : new Date(verifiesUntilMs),
    }));
  }

  onChange(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Which of these keys would sign now. */
  signerOf(keys: readonly KnownKey[]): SigningKey | undefined {
    return phasesAt(keys, this.clock.now(), this.#rules()).signing;
  }

  /** Keys that were added later wait for their lead time. */
  noteNew(keys: readonly KnownKey[]): void {
    const now = this.clock.now();
    for (const { kid } of keys)
      if (!this.#known.some((key) => key.kid === kid) && !this.#firstSeen.has(kid))
        this.#firstSeen.set(kid, now);
  }

  /** The same for keys that other processes, or this one before a restart, saw first. */
  noteSeen(kid: string, atMs: number): void {
    this.#firstSeen.set(kid, atMs);
  }

  /** The keys that its owner gives; `tick` applies them. */
  set(keys: readonly KnownKey[]): void {
    this.#known = keys;
  }

  /** The keys of a read of the source. Applies them at once. */
  replace(keys: readonly KnownKey[], revoked: readonly string[]): void {
    const isRevoked = (kid: string): boolean =>
      this.keyring.isRevoked(kid) || revoked.includes(kid);
    const rules = { nowMs: this.clock.now(), retainMs: this.retainMs, isRevoked };
    const vanished = vanishedKeys(this.#phases.keys, keys, rules);
    for (const key of vanished)
      if (!this.#known.some(({ kid, vanished: told }) => kid === key.kid && told))
        this.warnings.vanished(key);
    this.#known = [...keys, ...vanished];
    for (const kid of revoked) this.keyring.revoke(kid);
    this.tick();
  }

  /** Applies what is due by the clock. A timer calls it, and every change of the keys. */
  tick(): void {
    clearTimeout(this.#timer);
    const now = this.clock.now();
    const before = this.#phases;
    this.#phases = phasesAt(this.#known, now, this.#rules());
    const changes = differences(before.keys, this.#phases.keys);
    if (changes.length > 0) this.#apply();
    this.#warnOfAge(now);
    for (const change of changes) for (const listener of this.#listeners) listener(change);
    if (this.#stopped || this.#phases.nextChangeMs === undefined) return;
    const wait = Math.min(Math.max(this.#phases.nextChangeMs - now, 0) + 1, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.tick(), wait).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #rules(): PhaseRules {
    return {
      leadTimeMs: this.options.keyRotation.leadTimeMs,
      retainMs: this.retainMs,
      firstSeen: this.#firstSeen,
      isRevoked: (kid) => this.keyring.isRevoked(kid),
    };
  }

  #apply(): void {
    const { keys, signing } = this.#phases;
    const verification = keys.flatMap(({ key, phase }) =>
      phase === 'revoked' ? [] : [key.verification],
    );
    // a revoked signer is still passed on, so that the keyring can say why none signs
    const last = signing ?? keys.find(({ key }) => key.signing)?.key.signing;
    this.keyring.replace({ signing: last, verification });
  }

  #warnOfAge(now: number): void {
    const active = this.#phases.keys.find(({ phase }) => phase === 'active');
    const ageMs = active && age(active.key, now);
    if (!active || ageMs === undefined || ageMs < this.options.keyRotation.warnAfterMs) return;
    this.warnings.old(active.key.kid, ageMs);
  }
}
