import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpAnswer } from '../support/http.js';
import type { RaceCluster } from './race-cluster.js';
import { readToken, type TokenBook } from './token-book.js';

export const REFRESHERS = 8;
const GIVE_UP_AFTER_MS = 60_000;

/** Every answer must be one of these. */
export interface Counts {
  logins: number;
  rotated: number;
  replayed: number;
  /** 401 */
  refused: number;
  /** 503, tried again. */
  unavailable: number;
  /** No answer: the process was killed; tried again. */
  lost: number;
  /** Families that ended after a real reuse. */
  reuses: number;
  /** A refused retry after a lost answer, which is reuse by definition without leeway. */
  lostForGood: number;
  /** Refused because this machine was too slow and the leeway had passed. */
  late: number;
}

export interface RaceSession {
  readonly email: string;
  readonly kind: 'in step' | 'careless';
  current: string;
  previous?: string;
}

export type Outcome =
  | { readonly kind: 'successor'; readonly token: string }
  /** `certain`: every earlier attempt was answered with a known outcome. */
  | { readonly kind: 'refused'; readonly history: 'certain' | 'uncertain' };

export class Racers {
  readonly counts: Counts = {
    logins: 0,
    rotated: 0,
    replayed: 0,
    refused: 0,
    unavailable: 0,
    lost: 0,
    reuses: 0,
    lostForGood: 0,
    late: 0,
  };

  constructor(
    private readonly cluster: RaceCluster,
    readonly book: TokenBook,
    private readonly password: string,
    private readonly leewayMs: number,
  ) {}

  async open(email: string, kind: RaceSession['kind']): Promise<RaceSession> {
    const body = { email, password: this.password, transport: 'bearer' };
    const { answer } = await this.untilAnswered('/auth/login', body, randomInt(2));
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    this.counts.logins++;
    const { refreshToken } = answer.json<{ refreshToken: string }>();
    this.book.opened(refreshToken);
    return { email, kind, current: refreshToken };
  }

  async reopen(session: RaceSession): Promise<void> {
    session.current = (await this.open(session.email, session.kind)).current;
    session.previous = undefined;
  }

  /** One refresher, which like a good client repeats unanswered requests at the other process. */
  async present(token: string, process: number): Promise<Outcome> {
    const { answer, history } = await this.untilAnswered(
      '/auth/refresh',
      { refreshToken: token },
      process,
    );
    if (answer.status === 401) {
      this.counts.refused++;
      return { kind: 'refused', history };
    }
    const { refreshToken } = answer.json<{ refreshToken: string }>();
    this.counts[this.book.answered(token, refreshToken)]++;
    return { kind: 'successor', token: refreshToken };
  }

  /** Sends all at once, half of them to each process. */
  presentAll(tokens: readonly string[]): Promise<Outcome[]> {
    return Promise.all(tokens.map((token, index) => this.present(token, index % 2)));
  }

  /** Updates the session to the newest token in an answer. */
  advance(session: RaceSession, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind !== 'successor') continue;
      if (readToken(outcome.token).generation <= readToken(session.current).generation) continue;
      session.previous = session.current;
      session.current = outcome.token;
    }
  }

  /** After a refusal the whole family has ended, so its newest token is refused as well. */
  async expectDead(session: RaceSession): Promise<void> {
    const last = await this.present(session.current, randomInt(2));
    if (last.kind === 'successor') this.book.violation(session.current, 'lives on after a reuse');
    const row = await this.cluster.session(readToken(session.current).sessionId);
    if (row?.endReason !== 'reuse')
      this.book.violation(session.current, `ended by ${row?.endReason ?? 'nothing'}, not by reuse`);
  }

  /** With leeway: a refusal since `sinceMs` must have a reason. */
  async judge(session: RaceSession, spent: readonly string[], sinceMs: number): Promise<void> {
    const tookMs = performance.now() - sinceMs;
    await this.expectDead(session);
    const row = await this.cluster.session(readToken(session.current).sessionId);
    const overtaken = spent.some(
      (token) => readToken(token).generation <= (row?.generation ?? 0) - 2,
    );
    if (overtaken) this.counts.reuses++;
    else if (tookMs > this.leewayMs) this.counts.late++;
    else
      this.book.violation(
        session.current,
        'false reuse: no token older than the one before was presented',
      );
  }

  private async untilAnswered(
    path: string,
    json: unknown,
    process: number,
  ): Promise<{ answer: HttpAnswer; history: 'certain' | 'uncertain' }> {
    const until = performance.now() + GIVE_UP_AFTER_MS;
    for (let attempt = 0; performance.now() < until; attempt++) {
      const answer = await this.cluster
        .post((process + attempt) % 2, path, json)
        .catch(() => undefined);
      if (answer?.status === 200 || answer?.status === 401)
        return { answer, history: attempt === 0 ? 'certain' : 'uncertain' };
      if (answer && answer.status !== 503)
        throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
      this.counts[answer ? 'unavailable' : 'lost']++;
      await delay(20 + randomInt(60));
    }
    throw new Error(`${path} was not answered within ${GIVE_UP_AFTER_MS} ms`);
  }
}
