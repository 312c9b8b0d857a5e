import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import { Keyring } from '../keys/keyring.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { ageMs, instantOf } from './protocol/instant.js';
import { LedgerNeighbours } from './protocol/ledger-neighbours.js';
import { RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { LedgerSync } from './protocol/ledger-sync.js';
import { RevocationView, type RevokedListener } from './protocol/revocation-view.js';
import type { RevocationViewState } from './protocol/revocation-view-state.js';

const REFILL_EVERY_MS = 60_000;
const STOP_WITHIN_MS = 800;
const BOOT_WITHIN_MS = 10_000;

/**
 * Keeps this process's view of the revocations: follows the feed, and takes the step if no other process has. Works
 * with only a ledger, with both, or with only a feed (a service that only verifies).
 */
@Injectable()
export class RevocationSync implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly view: RevocationView;
  private readonly logger = new Logger('Tokenward');
  private readonly step: LedgerSync | undefined;
  private readonly neighbours: LedgerNeighbours | undefined;
  private readonly leadMs: number;
  private readonly followMs: number;
  private readonly blockMs: number;
  private readonly loops: Promise<void>[] = [];
  private readonly wakers = new Set<() => void>();
  private readonly forgetHistory: (() => void) | undefined;
  private stopListening: (() => Promise<void>) | undefined;
  private started: Promise<void> | undefined;
  private stopped = false;
  private woken = false;
  private refilledAt: number;
  private steppedAt = -Infinity;

  constructor(
    options: ResolvedAuthOptions,
    private readonly clock: Clock,
    entropy: Entropy,
    private readonly ledger?: RevocationLedgerStore,
    private readonly feed?: RevocationFeedBus,
    keyring?: Keyring,
  ) {
    this.view = new RevocationView(clock, options.revocation.maxEntries);
    if (feed) this.neighbours = new LedgerNeighbours(this.view, feed, clock, this.logger, keyring);
    feed?.setMaxStaleness?.(options.revocation.maxStalenessMs);
    this.forgetHistory = ledger?.setHistory?.(() => this.view.history);
    if (ledger) this.step = new LedgerSync(this.view, ledger, feed, clock, entropy);
    const stepMs = options.revocation.maxStalenessMs / 4;
    // The process that took the last step takes the next one. The others are due later, each at a
    // different time, and find its heartbeat.
    this.leadMs = stepMs * 0.8;
    this.followMs = stepMs * (1 + (entropy.bytes(1).readUInt8() / 255) * 0.5);
    this.blockMs = Math.max(10, Math.floor(options.revocation.maxStalenessMs / 16));
    this.refilledAt = clock.monotonic();
  }

  /** Until the view is filled, checks ask the stores, so that the boot need not wait for it. */
  async onApplicationBootstrap(): Promise<void> {
    await Promise.race([this.ready(), this.pause(BOOT_WITHIN_MS)]);
  }

  /**
   * Resolves when the view was filled once, and starts the fill if necessary. Until then every
   * check asks the stores.
   */
  ready(): Promise<void> {
    return (this.started ??= this.start());
  }

  state(): RevocationViewState {
    return this.view.state();
  }

  /** Calls the listener at once with new revocations. Returns a function that stops it. */
  onRevoked(listener: RevokedListener): () => void {
    return this.view.onRevoked((entries) => {
      try {
        listener(entries);
      } catch (error) {
        this.logger.error(
          `a revocation listener failed: ${error instanceof Error ? error.name : 'unknown'}`,
        );
      }
    });
  }

  /** Adds the entries to this process's view, synchronously. */
  add(entries: readonly LedgerEntry[]): void {
    this.view.add(entries);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    // closed, it learns nothing any more, and a store that others use must not go by it
    this.forgetHistory?.();
    this.step?.stop();
    for (const wake of this.wakers) wake();
    const quiet = Promise.allSettled([this.started, ...this.loops, this.stopListening?.()]);
    await Promise.race([quiet, this.pause(STOP_WITHIN_MS, true)]);
  }

  private async start(): Promise<void> {
    await this.fillFirst();
    // closed during its boot: nobody would end a connection that is opened now
    if (this.stopped) return;
    if (this.step) this.loops.push(this.stepLoop(this.step));
    // not after the wake-ups: a server that takes their connection and says nothing would keep the feed unread
    if (this.feed) this.loops.push(this.tailLoop(this.feed));
    if (this.ledger) {
      this.stopListening = await this.ledger
        .onAppended(() => {
          // The wake-up is not needed if a feed carries the rows.
          if (!this.view.linked || this.beatAgeMs() > 2 * this.followMs) this.wake();
        })
        .catch(() => undefined);
      if (this.isStopped()) return this.stopListening?.();
    }
    for (const store of [this.feed, this.ledger]) {
      for (const warning of (await store?.warnings?.().catch(() => [])) ?? [])
        this.logger.warn(warning);
    }
  }

  private async fillFirst(): Promise<void> {
    for (let told = false; !this.stopped; told = true) {
      try {
        await (this.step ? this.step.run() : this.followFeed());
        return;
      } catch (error) {
        const why = error instanceof AuthError ? error.detail : 'failed';
        if (!told)
          this.logger.warn(`the revocation view cannot be filled yet (${why}); trying again`);
        await this.pause(this.leadMs);
      }
    }
  }

  /** Fills the view from the feed, unless every link since the last fill was seen. */
  private async followFeed(): Promise<void> {
    if (!this.feed) return;
    await this.neighbours?.find();
    const { ledger, linked } = this.view;
    if (linked) return;
    if (ledger === undefined)
      throw AuthError.unavailable('whose revocations to follow is not known');
    this.view.beginFill();
    const noted = await this.feed.snapshot(ledger, (entry) => {
      this.view.add([entry]);
    });
    this.view.link(noted);
  }

  private async stepLoop(step: LedgerSync): Promise<void> {
    while (!this.stopped) {
      // A feed that is away shows no heartbeat, so this process's own steps set the pace.
      const due =
        this.paceMs(step) - Math.min(this.beatAgeMs(), this.clock.monotonic() - this.steppedAt);
      if (due > 0 && !this.woken) {
        await this.pause(due);
        continue;
      }
      this.woken = false;
      this.steppedAt = this.clock.monotonic();
      this.upkeep();
      const failed = await step.run().then(
        () => false,
        () => true,
      );
      if (failed) await this.pause(this.leadMs);
      else void this.neighbours?.announce();
    }
  }

  /**
   * With a working feed, heartbeats of other processes count, so that the load does not grow with
   * the number of processes.
   */
  private paceMs(step: LedgerSync): number {
    return !this.view.linked || step.leads() ? this.leadMs : this.followMs;
  }

  private async tailLoop(feed: RevocationFeedBus): Promise<void> {
    while (!this.stopped) {
      try {
        if (!this.step) {
          this.upkeep();
          await this.followFeed();
        }
        const { tail, ledger } = this.view;
        if (!tail || ledger === undefined) await this.pause(this.blockMs);
        else {
          const sentAt = instantOf(this.clock);
          this.view.acceptReply(tail, sentAt, await feed.read(ledger, tail.cursor, this.blockMs));
        }
      } catch {
        this.view.interruptions.failed();
        await this.pause(this.blockMs * 2);
      }
    }
  }

  private upkeep(): void {
    this.view.tick();
    this.neighbours?.tellForeign();
    if (!this.view.mirror.overflowed || this.clock.monotonic() - this.refilledAt < REFILL_EVERY_MS)
      return;
    this.refilledAt = this.clock.monotonic();
    if (this.view.mirror.hasRoom) this.view.startOver();
  }

  private beatAgeMs(): number {
    return this.view.newestBeat ? ageMs(this.clock, this.view.newestBeat) : Infinity;
  }

  /** Asked after a wait, in which it may have changed. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private wake(): void {
    this.woken = true;
    for (const waker of this.wakers) waker();
  }

  private pause(durationMs: number, evenStopped = false): Promise<void> {
    if (this.stopped && !evenStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, durationMs).unref();
      this.wakers.add(done);
    });
  }
}
