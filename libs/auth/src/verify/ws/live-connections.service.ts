import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { Principal } from '../../common/principal.js';
import { AuthenticateFlow } from '../authenticate.js';
import { changedRights } from '../changed-rights.js';
import { revocable } from '../revocable.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RevocationSync } from '../revocation/revocation-sync.service.js';
import { ConnectionIndex, type Held } from './connection-index.js';
import { EndingIterator } from './ending-iterator.js';
import { type Ending, TOKEN_REFUSED, VIEW_UNPROVEN } from './close-socket.js';

const TICK_MS = 250;
const UNPROVEN_FOR_MS = 5_000;
const KEY_AGAIN_MS = 1_000;
/** Questions to the stores at the same time, while the view is too full to answer. */
const QUESTIONS = 20;

export interface LiveConnection {
  readonly principal: Principal;
  /** Continues with a fresh token of the same user. Throws `token_refused` for a token of another user. */
  renew(principal: Principal): void;
  /** To be called when the connection closed by itself. */
  release(): void;
}

interface Entry extends Held {
  dueAtMs: number;
  readonly end: (ending: Ending) => void;
  readonly changed?: ((principal: Principal) => void) | undefined;
}

/**
 * Ends long-lived connections (ws, socket.io, server-sent events) together with their tokens. Each connection is
 * registered with its principal. Its `end` is called once: as soon as a revocation reaches this process, when the
 * token expires, or when the revocation view was unproven for 5 s.
 */
@Injectable()
export class LiveConnections implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Tokenward');
  private readonly index = new ConnectionIndex<Entry>();
  private readonly toleranceMs: number;
  private readonly stopListening: () => void;
  private timer: NodeJS.Timeout | undefined;
  private tickedAtMs = 0;
  private unprovenMs = 0;
  private asking: Promise<void> | undefined;
  /** The ids of API keys that the database is asked about. */
  private readonly lookedUp = new Set<string>();
  /** The ends of open streams. */
  private readonly streams = new Set<() => void>();
  private isStopping = false;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    private readonly sync: RevocationSync,
    private readonly flow: AuthenticateFlow,
  ) {
    this.toleranceMs = options.accessToken.clockToleranceSeconds * 1000;
    this.stopListening = sync.onRevoked((entries) => {
      this.revoked(entries);
    });
  }

  get size(): number {
    return this.index.all.size;
  }

  /**
   * The principal must have been authenticated just now. `end` may be called before this returns. A connection
   * of an API key stays open if its owner signs out everywhere or gets other rights. `changed` then receives the new
   * principal, and ends the connection if it was accepted for the former rights.
   */
  hold(
    principal: Principal,
    end: (ending: Ending) => void,
    changed?: (principal: Principal) => void,
  ): LiveConnection {
    const entry: Entry = { principal, dueAtMs: this.dueOf(principal), end, changed };
    this.index.add(entry);
    this.watch();
    this.confirm(entry);
    return {
      get principal() {
        return entry.principal;
      },
      renew: (fresh) => {
        this.renew(entry, fresh);
      },
      release: () => {
        this.index.remove(entry);
      },
    };
  }

  /**
   * For server-sent events and similar streams: mirrors `source`, and completes when the token is refused or the
   * application shuts down.
   */
  whileLive<T>(principal: Principal, source: Observable<T>): Observable<T> {
    return new Observable<T>((subscriber) => {
      const end = () => {
        subscriber.complete();
      };
      if (this.isStopping) return end();
      const connection = this.hold(principal, end, endingWithRights(principal, end));
      this.streams.add(end);
      const subscription = subscriber.closed ? undefined : source.subscribe(subscriber);
      return () => {
        this.streams.delete(end);
        connection.release();
        subscription?.unsubscribe();
      };
    });
  }

  /** For GraphQL subscriptions: `source`, which is done when the token is refused. */
  endingWith<T>(principal: Principal, source: AsyncIterable<T>): AsyncIterableIterator<T> {
    // it may be ended before it is held
    const held: { connection?: LiveConnection } = {};
    const iterator = new EndingIterator(source, () => held.connection?.release());
    const end = () => {
      iterator.end();
    };
    held.connection = this.hold(principal, end, endingWithRights(principal, end));
    return iterator;
  }

  /** Ends expired connections, and all of them if the view stays unproven. Runs by itself four times a second. */
  tick(): void {
    const nowMs = this.clock.now();
    for (const entry of [...this.index.all]) if (entry.dueAtMs <= nowMs) this.due(entry);
    const elapsedMs = this.clock.monotonic() - this.tickedAtMs;
    this.tickedAtMs = this.clock.monotonic();
    if (this.sync.view.fresh(this.options.revocation.maxStalenessMs)) {
      this.unprovenMs = 0;
      return;
    }
    // after a pause of the process, count only as much as it could have used
    if (!this.sync.state().bounded) this.unproven(Math.min(elapsedMs, 2 * TICK_MS));
    else this.asking ??= this.ask().finally(() => (this.asking = undefined));
  }

  /**
   * Nest waits for all answers before it calls the last hooks, so an open stream would hold up the stop until the
   * process is killed. Sockets are closed by Nest.
   */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
    for (const end of this.streams) end();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopListening();
  }

  private revoked(entries: readonly LedgerEntry[]): void {
    if (this.index.all.size === 0) return;
    for (const ledgerEntry of entries)
      for (const entry of this.index.concernedBy(ledgerEntry))
        if (ledgerEntry.kind === 'user') this.refused(entry);
        else this.end(entry, 'revoked');
  }

  /** A new role of the owner, or a sign-out everywhere, does not end an API key. */
  private refused(entry: Entry): void {
    if (entry.principal.kind === 'api_key') void this.lookAgain(entry.principal, 'revoked');
    else this.end(entry, 'revoked');
  }

  /** An API key is looked up every hour, and may have no expiry. */
  private due(entry: Entry): void {
    const { principal } = entry;
    if (principal.kind !== 'api_key') this.end(entry, 'expired');
    else if (this.lookedUp.has(principal.tokenId)) this.end(entry, 'unproven');
    else void this.lookAgain(principal, 'expired');
  }

  /** One look-up for all connections of a key, which wait no longer than the view may be old. */
  private async lookAgain(principal: Principal, reason: 'revoked' | 'expired'): Promise<void> {
    const { tokenId } = principal;
    if (this.lookedUp.has(tokenId)) return;
    this.lookedUp.add(tokenId);
    const waitsUntilMs = this.clock.now() + this.options.revocation.maxStalenessMs;
    for (const entry of this.index.ofToken(tokenId)) entry.dueAtMs = waitsUntilMs;
    try {
      const fresh = await this.flow.lookAgain(principal);
      this.lookedUp.delete(tokenId);
      for (const entry of this.index.ofToken(tokenId)) this.goOn(entry, fresh);
    } catch (error) {
      this.lookedUp.delete(tokenId);
      const isRefused = error instanceof AuthError && error.reason === 'token_refused';
      for (const entry of this.index.ofToken(tokenId))
        this.end(entry, isRefused ? reason : 'unproven');
    }
  }

  private goOn(entry: Entry, fresh: Principal): void {
    // the end of another one may have closed it
    if (!this.index.all.has(entry)) return;
    this.renew(entry, fresh);
    if (this.index.all.has(entry)) entry.changed?.(fresh);
  }

  private renew(entry: Entry, fresh: Principal): void {
    if (fresh.id !== entry.principal.id)
      throw new AuthError('token_refused', 'a token of another user');
    if (!this.index.all.has(entry))
      throw new AuthError('token_refused', 'the connection was ended');
    this.index.remove(entry);
    entry.principal = fresh;
    entry.dueAtMs = this.dueOf(fresh);
    this.index.add(entry);
    this.confirm(entry);
  }

  /** A revocation between the check and the entry into the index would be missed, so the token is checked again. */
  private confirm(entry: Entry): void {
    if (this.sync.view.mirror.refuses(revocable(entry.principal))) this.end(entry, 'revoked');
    else if (this.unprovenMs >= UNPROVEN_FOR_MS) this.end(entry, 'unproven');
  }

  /** A token that arrives late, within the clock tolerance, is valid to the end of the tolerance. */
  private dueOf({ kind, expiresAt }: Principal): number {
    const expiresAtMs = expiresAt * 1000;
    // the database says when a key has expired, and its clock may be behind
    if (kind === 'api_key') return Math.max(expiresAtMs, this.clock.now() + KEY_AGAIN_MS);
    return expiresAtMs > this.clock.now() ? expiresAtMs : expiresAtMs + this.toleranceMs;
  }

  private unproven(forMs: number): void {
    this.unprovenMs += forMs;
    if (this.unprovenMs < UNPROVEN_FOR_MS) return;
    for (const entry of [...this.index.all]) this.end(entry, 'unproven');
  }

  /** The view is too full to be complete, so each token is checked with the stores, like a request. */
  private async ask(): Promise<void> {
    const startedAtMs = this.clock.monotonic();
    const waiting = [...this.index.onePerToken()];
    let answer: 'told' | 'silent' = 'told';
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop())
        if ((await this.askFor(next.principal)) === 'silent') answer = 'silent';
    };
    await Promise.all(Array.from({ length: QUESTIONS }, worker));
    if (answer === 'told') this.unprovenMs = 0;
    else this.unproven(this.clock.monotonic() - startedAtMs + TICK_MS);
  }

  private async askFor(principal: Principal): Promise<'told' | 'silent'> {
    try {
      const fresh = await this.flow.recheck(principal);
      if (fresh.kind === 'api_key' && fresh !== principal)
        for (const entry of this.index.ofToken(principal.tokenId)) this.goOn(entry, fresh);
    } catch (error) {
      if (!(error instanceof AuthError) || error.reason !== 'token_refused') return 'silent';
      for (const entry of this.index.ofToken(principal.tokenId)) this.end(entry, 'revoked');
    }
    return 'told';
  }

  private end(entry: Entry, reason: Ending['reason']): void {
    if (!this.index.all.has(entry)) return;
    this.index.remove(entry);
    try {
      entry.end({ code: reason === 'unproven' ? VIEW_UNPROVEN : TOKEN_REFUSED, reason });
    } catch (error) {
      this.logger.error(
        `closing a connection failed: ${error instanceof Error ? error.name : 'unknown error'}`,
      );
    }
  }

  private watch(): void {
    if (this.timer) return;
    this.tickedAtMs = this.clock.monotonic();
    this.timer = setInterval(() => {
      this.tick();
    }, TICK_MS).unref();
  }
}

/** A stream is authorized once, at its start, so a stream of an API key ends when the key's rights change. */
function endingWithRights(principal: Principal, end: () => void): (fresh: Principal) => void {
  return (fresh) => {
    if (changedRights(principal, fresh) !== undefined) end();
  };
}
