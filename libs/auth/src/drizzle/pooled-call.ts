import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { AuthError } from '../common/auth-error.js';
import type { Row } from './database.js';
import { cancel } from './cancel.js';
import { isConnectionLoss, isReadOnly, mayBeTriedAgain, StatementError } from './guarded.js';
import type { HostPool } from './host-pool.js';
import { type CommitMark, outcomeOf } from './lost-commit.js';
import { RESULT_TYPES } from './result-types.js';
import { destroy, siftIdle } from './sift-idle.js';

const MAX_ATTEMPTS = 25;
/** Another connection may lead to the primary. If it does not, the pool leads to no other. */
const READ_ONLY_ATTEMPTS = 2;
const PAUSE_MS = 10;

/**
 * One piece of work on one client of the host's pool, for a caller who waits for `deadlineMs`. The
 * client is returned or destroyed exactly once in every case; after the deadline nothing more is
 * sent on it. Work is repeated from the start if its connection died or it lost a race, as long as
 * no commit was sent, or the server says that it was rolled back.
 */
export class PooledCall {
  readonly #until: number;
  #client: PoolClient | undefined;
  #isOver = false;
  #isCommitting = false;
  #graceMs = 0;
  /** Neither in a transaction nor waiting for the rest of an answer. */
  #isClean = true;
  #isAsking = false;

  constructor(
    private readonly pool: HostPool,
    private readonly what: string,
    private readonly deadlineMs: number,
  ) {
    this.#until = performance.now() + deadlineMs;
  }

  run<T>(work: (call: PooledCall) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout;
      let isSettled = false;
      const expireIn = (ms: number): void => {
        // after a pause of the process, timers run before sockets, and the answer may already be
        // waiting in a socket
        timer = setTimeout(() => setImmediate(expire), ms);
      };
      const expire = (): void => {
        if (isSettled) return;
        const graceMs = this.#until + this.#graceMs - performance.now();
        if (this.#isCommitting && graceMs > 0) return expireIn(graceMs);
        this.#abandon();
        reject(AuthError.unavailable(`${this.what}: ${this.#unanswered()}`));
      };
      expireIn(this.deadlineMs);
      const settle = (): void => {
        isSettled = true;
        clearTimeout(timer);
      };
      void this.#attempts(work).then(resolve, reject).finally(settle);
    });
  }

  /** The time limit for a statement or a lock on the server, so that the server answers before the caller leaves. */
  serverLimitMs(): number {
    const left = this.#until - performance.now();
    return Math.max(1, Math.floor(left - Math.min(100, left / 5)));
  }

  get client(): PoolClient {
    if (this.#isOver || !this.#client)
      throw new StatementError(new Error('the caller has given up waiting'));
    return this.#client;
  }

  /** Reads results with Tokenward's parsers, whatever parsers the host has set. */
  async query(config: QueryConfig): Promise<QueryResult<Row>> {
    const { client } = this;
    const wasClean = this.#isClean;
    this.#isClean = false;
    this.#isAsking = true;
    try {
      const result = await client.query<Row>({ ...config, types: RESULT_TYPES });
      this.#isClean = wasClean;
      return result;
    } catch (error) {
      const failure = new StatementError(error);
      this.#isClean = wasClean && !isConnectionLoss(failure);
      throw failure;
    } finally {
      this.#isAsking = false;
    }
  }

  begins(): void {
    this.#isClean = false;
  }

  ends(): void {
    this.#isClean = true;
    this.#isCommitting = false;
  }

  /**
   * From here on nothing is repeated, and the answer is awaited for `graceMs` longer. Throws if the
   * caller has left already.
   */
  commits(graceMs: number): void {
    if (this.#isOver) throw new StatementError(new Error('the caller has given up waiting'));
    this.#isCommitting = true;
    this.#graceMs = graceMs;
  }

  /** Asks after the connection was lost, as long as the caller waits. Work that was rolled back may be repeated. */
  async stands(mark: CommitMark): Promise<boolean> {
    this.#giveBack();
    const outcome = await outcomeOf(this.pool, mark, () => this.#isOver);
    if (outcome === 'aborted') this.#isCommitting = false;
    return outcome === 'committed';
  }

  #unanswered(): string {
    if (!this.#isCommitting) return `no answer within ${String(this.deadlineMs)} ms`;
    const waitedMs = this.deadlineMs + this.#graceMs;
    return `the commit was not answered within ${String(waitedMs)} ms: it may stand`;
  }

  async #attempts<T>(work: (call: PooledCall) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.#checkOut();
      try {
        const result = await work(this);
        this.#giveBack();
        return result;
      } catch (error) {
        const misled = isReadOnly(error);
        if (misled) this.#isClean = false;
        this.#giveBack();
        if (misled || isConnectionLoss(error)) siftIdle(this.pool);
        if (this.#isCommitting && isConnectionLoss(error))
          throw AuthError.unavailable(
            `${this.what}: the connection was lost at the commit: it may stand`,
            error,
          );
        if (
          this.#isCommitting ||
          this.#isOver ||
          attempt >= (misled ? READ_ONLY_ATTEMPTS : MAX_ATTEMPTS) ||
          !(misled || mayBeTriedAgain(error))
        )
          throw error;
        await delay(Math.random() * PAUSE_MS * attempt);
      }
    }
  }

  async #checkOut(): Promise<void> {
    let client: PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw new StatementError(error);
    }
    if (this.#isOver) {
      client.release();
      throw new StatementError(new Error('the pool had no connection in time'));
    }
    this.#client = client;
    this.#isClean = true;
  }

  #giveBack(): void {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    if (this.#isClean) client.release();
    else destroy(client);
  }

  /** The server rolls back the open transaction as soon as it notices that the connection is closed. */
  #abandon(): void {
    this.#isOver = true;
    const client = this.#client;
    if (!client) return;
    if (this.#isAsking) cancel(client);
    this.#isClean = false;
    this.#giveBack();
    siftIdle(this.pool);
  }
}
