import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { atBoot } from '../../common/at-boot.js';
import { AuthError } from '../../common/auth-error.js';
import type { Clock } from '../../common/clock.js';
import { withDeadline } from '../../common/deadline.js';
import type { RemoteSign } from '../../options/key-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { probeSigner } from './remote-probe.js';
import { PhasedKeys } from './phased-keys.js';
import { assertWhole, type KeyChange, type KeyStatus } from './key-status.js';
import { KeyWarnings } from './key-warnings.js';
import { KeyLookup } from '../../verify/keys/key-lookup.port.js';
import type { KeySightings } from '../../storage/key-sightings.port.js';
import type { KeySource } from '../../storage/key-source.port.js';
import type { Keyring } from '../../verify/keys/keyring.service.js';
import { type KnownKey, readSourceKeys } from '../../verify/keys/source-keys.js';
import { ageMs, type Instant, instantOf } from '../../verify/revocation/protocol/instant.js';
import { knownStaticKeys, readExtraKeys } from '../../verify/keys/static-keys.js';

type Options = Pick<
  ResolvedAuthOptions,
  'keys' | 'keyRotation' | 'accessToken' | 'storeDeadlineMs'
>;

/** Long enough for a distant secrets manager. */
const SOURCE_DEADLINE_MS = 15_000;
/** Within this time, unknown `kid`s cause at most one read of the source. */
const COOL_DOWN_MS = 1_000;

/** Reads the source of the keys, and has the next key made when it is due. */
@Injectable()
export class KeyRotation extends KeyLookup implements OnApplicationShutdown {
  readonly keyring: Keyring;
  readonly #warnings = new KeyWarnings();
  readonly #keys: PhasedKeys;
  #content = '';
  /** The signer from the newest read. */
  #sign: RemoteSign | undefined;
  #probed: string | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #stopped = false;
  #attemptedAt: Instant | undefined;
  /** When the last successful read began. */
  #readAt: Instant | undefined;

  private constructor(
    private readonly options: Options,
    private readonly clock: Clock,
    private readonly source?: KeySource,
    private readonly sightings?: KeySightings,
  ) {
    super();
    this.#keys = new PhasedKeys(options, clock, this.#warnings);
    this.keyring = this.#keys.keyring;
  }

  /** Without a source the options hold the keys. Throws `configuration_invalid`, `unavailable`. */
  static async start(
    options: Options,
    clock: Clock,
    source?: KeySource,
    sightings?: KeySightings,
  ): Promise<KeyRotation> {
    const rotation = new KeyRotation(options, clock, source, sightings);
    if (source) {
      await rotation.rotateWhenDue();
      await atBoot(() => rotation.take(source));
      if (!rotation.#keys.sign)
        throw AuthError.configuration(
          source.name,
          'holds no key that may sign: make one with `tokenward keys generate`',
        );
      rotation.#schedule();
    } else {
      const known = knownStaticKeys(options.keys);
      rotation.#keys.set(known);
      await rotation.#see(known);
      await rotation.#probe('keys.sign', known);
    }
    rotation.#keys.tick();
    return rotation;
  }

  /** All keys, in the order in which they sign. */
  status(): readonly KeyStatus[] {
    return this.#keys.status();
  }

  /** Refuses the key in this process, for signing and verifying. The next key signs. */
  revoke(keyId: string): void {
    if (!this.keyring.isRevoked(keyId)) this.#readAt = undefined;
    this.keyring.revoke(keyId);
    this.#keys.tick();
    if (!this.#keys.sign) void this.#replaceRevoked();
  }

  /** Keys that the source itself stores, and so also a backup of the source. */
  keptKeys(): readonly string[] {
    if (!this.source?.rotate) return [];
    const own = this.#keys.known.filter(({ signsFromMs }) => signsFromMs !== undefined);
    return own.flatMap(({ kid }) => (this.keyring.isRevoked(kid) ? [] : [kid]));
  }

  /** The source makes a key now, if it can. A read in progress began before the revocation. */
  async #replaceRevoked(): Promise<void> {
    for (let attempt = 0; attempt < 2 && !this.#keys.sign && !this.#stopped; attempt += 1)
      await this.refresh();
  }

  /** A read before a revocation does not count: the replacement of a revoked key signs at once. */
  isComplete(): boolean {
    if (!this.source) return true;
    const { leadTimeMs } = this.options.keyRotation;
    return this.#readAt !== undefined && ageMs(this.clock, this.#readAt) <= leadTimeMs;
  }

  /** After a pause (a frozen container, a suspended machine) the keys that others use now are read first. */
  async publicJwks(): Promise<ReturnType<Keyring['publicJwks']>> {
    await this.lookAgain();
    return this.keyring.publicJwks();
  }

  async lookAgain(): Promise<void> {
    if (this.isComplete()) return;
    const isCool = !this.#attemptedAt || ageMs(this.clock, this.#attemptedAt) >= COOL_DOWN_MS;
    if (!this.#reading && !isCool) return;
    await withDeadline(this.refresh(), this.options.storeDeadlineMs, 'keySource').catch(
      () => undefined,
    );
  }

  /** Calls the listener for every change of phase. Returns a function that stops it. */
  onChange(listener: (change: KeyChange) => void): () => void {
    return this.#keys.onChange(listener);
  }

  /** Reads the source and makes a key if one is due. A failure is logged and changes nothing. */
  refresh(): Promise<void> {
    const { source } = this;
    if (!source) return Promise.resolve();
    this.#reading ??= this.rotateWhenDue()
      .then(() => this.take(source))
      .then(
        () => this.#warnings.readable(),
        (error: unknown) => this.#warnings.unreadable(source.name, error),
      )
      .finally(() => void (this.#reading = undefined));
    return this.#reading;
  }

  /** Applies what is due by the clock now. */
  tick(): void {
    this.#keys.tick();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#keys.stop();
    clearTimeout(this.#readTimer);
    await this.#reading;
  }

  private async rotateWhenDue(): Promise<void> {
    const { leadTimeMs, rotateAfterMs } = this.options.keyRotation;
    const made = await this.source?.rotate?.({
      algorithm: this.options.keys.algorithm,
      leadTimeMs,
      // the next key must be published before the present one reaches that age
      whenOlderThanMs: rotateAfterMs === undefined ? undefined : rotateAfterMs - leadTimeMs,
      retainMs: this.#keys.retainMs,
      revoked: this.#keys.known.flatMap(({ kid }) => (this.keyring.isRevoked(kid) ? [kid] : [])),
    });
    if (made === 'rotated') this.#warnings.made();
  }

  private async take(source: KeySource): Promise<void> {
    const startedAt = instantOf(this.clock);
    this.#attemptedAt = startedAt;
    await this.#read(source);
    this.#readAt = startedAt;
  }

  async #read(source: KeySource): Promise<void> {
    const given = await withDeadline(
      source.load(this.options.keys.algorithm),
      SOURCE_DEADLINE_MS,
      source.name,
    );
    const content = JSON.stringify([given?.keys, typeof given?.sign]);
    if (content === this.#content) {
      // the signer's credential (a lease, an STS session) may be renewed with each read
      this.#sign = given.sign;
      return;
    }
    const sign: RemoteSign = (request) => (this.#sign ?? given.sign ?? nobodySigns)(request);
    const own = given?.sign ? { ...given, sign } : given;
    const read = readSourceKeys(source.name, own, this.options.keys.algorithm);
    const known = [...read.keys, ...readExtraKeys(this.options.keys)];
    const isRevoked = (kid: string): boolean =>
      this.keyring.isRevoked(kid) || read.revoked.includes(kid);
    assertWhole(source.name, known, isRevoked);
    const before = this.#sign;
    this.#sign = given.sign;
    try {
      await this.#probe(`the sign of ${source.name}`, known);
    } catch (error) {
      this.#sign = before;
      throw error;
    }
    await this.#see(known);
    this.#content = content;
    this.#keys.replace(known, read.revoked);
    this.#warnings.otherAlgorithm(this.#keys.phases, this.options.keys.algorithm);
  }

  /** Keys that were added later wait for their lead time, even after a restart of the process. */
  async #see(known: readonly KnownKey[]): Promise<void> {
    const now = this.clock.now();
    const isFirst = this.#content === '';
    if (!isFirst) this.#keys.noteNew(known);
    try {
      const ages = await this.sightings?.see(known.map(({ kid }) => kid));
      if (isFirst && this.source)
        for (const [kid, ageMs] of ages ?? []) this.#keys.noteSeen(kid, now - ageMs);
    } catch (error) {
      this.#warnings.unnoted(error);
    }
  }

  /** Probes the key that signs now; the signer may no longer have the others. */
  async #probe(option: string, known: readonly KnownKey[]): Promise<void> {
    const signing = this.#keys.signerOf(known);
    if (!signing || signing.kid === this.#probed) return;
    if (!(await probeSigner(option, signing, this.options.storeDeadlineMs)))
      this.#warnings.silent(option);
    this.#probed = signing.kid;
  }

  #schedule(): void {
    this.#readTimer = setTimeout(() => {
      void this.refresh().then(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.options.keyRotation.refreshEveryMs).unref();
  }
}

function nobodySigns(): Promise<never> {
  return Promise.reject(AuthError.unavailable('the source gives no sign any more'));
}
