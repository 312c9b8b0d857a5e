import { setTimeout as delay } from 'node:timers/promises';
import { EVERYWHERE, type Deployment, type Token, type Where } from './fault-cluster.js';

/** Contract, section 6. */
export const MAX_STALENESS_MS = 1_000;
/**
 * Redis and Postgres have deadlines of 250 ms each; the rest is a margin for a busy machine (2.4 s were seen at load
 * 18).
 */
const ANSWERED_WITHIN_MS = 4_000;
const ASK_EVERY_MS = 40;
/** The minimum number of answers for a judgement, because a busy machine answers slowly. */
const ENOUGH = 8;

interface Sample {
  readonly where: Where;
  readonly token: Token;
  readonly sentAt: number;
  readonly tookMs: number;
  /** 0: no answer. */
  readonly status: number;
}

interface Revocation {
  readonly by: Where;
  readonly answeredAt: number;
}

export interface Seen {
  readonly statuses: readonly number[];
  /** The number of 200 answers. */
  readonly accepted: number;
  /** The number of 200 answers among the newest eight. */
  readonly share: number;
  /** Each answer as text, in the order of the requests. */
  readonly answers: readonly string[];
}

/** Sends every token to every process repeatedly, and checks the answers against the contract. */
export class Watch {
  readonly #samples: Sample[] = [];
  readonly #revoked = new Map<Token, Revocation>();
  readonly #askers: Promise<void>[] = [];
  #stopped = false;

  constructor(private readonly deployment: Deployment) {}

  watch(token: Token, where: readonly Where[] = EVERYWHERE): void {
    for (const each of where) this.#askers.push(this.#ask(each, token));
  }

  /** Revokes, records when that was answered, and returns the status. */
  async revoke(by: 'a' | 'b', token: Token): Promise<number> {
    const status = await this.deployment.revoke(by, token);
    if (status === 204) this.#revoked.set(token, { by, answeredAt: performance.now() });
    return status;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#askers);
  }

  /** Answers that accepted a revoked token after the bound. The process that revoked it must refuse at once. */
  acceptedTooLate(excepted: readonly Where[] = []): readonly string[] {
    return this.#samples.flatMap(({ where, token, sentAt, status }) => {
      const revocation = this.#revoked.get(token);
      if (!revocation || status !== 200 || excepted.includes(where)) return [];
      const lateMs = sentAt - revocation.answeredAt;
      const bound = revocation.by === where ? 0 : MAX_STALENESS_MS;
      return lateMs > bound
        ? [`at ${where}, ${Math.round(lateMs)} ms after it was revoked at ${revocation.by}`]
        : [];
    });
  }

  /**
   * When the last request was accepted after the answer to its token's revocation, in milliseconds; undefined if none
   * was.
   */
  lastAccepted(where: Where): number | undefined {
    const late = this.#samples.flatMap(({ where: at, token, sentAt, status }) => {
      const revocation = this.#revoked.get(token);
      return revocation && at === where && status === 200 && sentAt > revocation.answeredAt
        ? [sentAt - revocation.answeredAt]
        : [];
    });
    return late.length > 0 ? Math.round(Math.max(...late)) : undefined;
  }

  answeredTooSlowly(paused: readonly Where[] = []): readonly string[] {
    return this.#samples
      .filter(({ where, tookMs }) => !paused.includes(where) && tookMs > ANSWERED_WITHIN_MS)
      .map(
        ({ where, tookMs, status }) =>
          `${String(status)} at ${where} after ${Math.round(tookMs)} ms`,
      );
  }

  /** The answers of a process to a token, for requests sent in the given period. */
  seen(where: Where, token: Token, from = -Infinity, until = Infinity): Seen {
    const found = this.#samples.filter(
      (each) =>
        each.where === where && each.token === token && each.sentAt >= from && each.sentAt <= until,
    );
    const statuses = [...new Set(found.map(({ status }) => status))].sort((a, b) => a - b);
    const accepted = found.filter(({ status }) => status === 200).length;
    const answers = found.map(
      ({ status, tookMs }) => `${String(status)} after ${Math.round(tookMs)} ms`,
    );
    const newest = found.slice(-ENOUGH);
    const share = newest.filter(({ status }) => status === 200).length / ENOUGH;
    return { statuses, accepted, share, answers };
  }

  /** Like `seen`, but waits for enough answers. */
  async answered(where: Where, token: Token, from: number): Promise<Seen> {
    for (;;) {
      const seen = this.seen(where, token, from);
      if (seen.answers.length >= ENOUGH) return seen;
      await delay(ASK_EVERY_MS);
    }
  }

  async #ask(where: Where, token: Token): Promise<void> {
    while (!this.#stopped) {
      const sentAt = performance.now();
      const status = await this.deployment.ask(where, token);
      this.#samples.push({ where, token, sentAt, tookMs: performance.now() - sentAt, status });
      await delay(ASK_EVERY_MS);
    }
  }
}
