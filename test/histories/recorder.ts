import { createHash, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultCluster, Where } from '../faults/fault-cluster.js';
import { type HttpAnswer, httpClient } from '../support/http.js';
import { bearer, claimsOf } from '../support/stage.js';
import type { Entry, Operation } from './history.js';

export interface Person {
  readonly email: string;
  readonly password: string;
}

const ISSUING = ['a', 'b'] as const;
const ALL = ['a', 'b', 'verifier'] as const;
const ANSWER_WITHIN_MS = 8_000;
/** An unanswered request is sent again until the cluster has recovered. */
const GIVE_UP_AFTER_MS = 60_000;
/** Ended sessions that are still used, because a revoked session must not be accepted again. */
const REMEMBERED = 100;

interface Held {
  readonly session: string;
  accessToken: string;
  refreshToken: string;
}

const oneOf = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;
const labelOf = (token: string): string =>
  createHash('sha256').update(token).digest('hex').slice(0, 12);

/** Independent clients of a cluster. The history has their requests and the outcomes. */
export class Recorder {
  readonly history: Entry[] = [];
  private readonly ended: Held[] = [];

  constructor(
    private readonly cluster: FaultCluster,
    private limit: number,
  ) {}

  get isDone(): boolean {
    return this.history.length >= this.limit;
  }

  /** Clients start no new requests. */
  stop(): void {
    this.limit = 0;
  }

  /** One session after the other, until the history is long enough. */
  async visit(person: Person): Promise<void> {
    while (!this.isDone) {
      const held = await this.signIn(person);
      if (held) await this.live(held);
      else await delay(100);
    }
  }

  private async live(held: Held): Promise<void> {
    for (let left = 5 + randomInt(20); left > 0 && !this.isDone; left--) {
      if (this.ended.length > 0 && randomInt(4) === 0)
        await this.use(oneOf(this.ended), oneOf(ALL));
      else if (randomInt(5) > 0) await this.use(held, oneOf(ALL));
      else if (!(await this.refresh(held))) return;
    }
    if (randomInt(4) === 0) await this.useTwice(held);
    else await this.logOut(held);
  }

  private async signIn({ email, password }: Person): Promise<Held | undefined> {
    const at = oneOf(ISSUING);
    const body = { email, password, transport: 'bearer' };
    const sentMs = performance.now();
    const answer = await this.send(at, 'POST', '/auth/login', body);
    if (answer?.status !== 200) return undefined;
    const { accessToken, refreshToken } = tokensOf(answer);
    const session = String(claimsOf(accessToken)['sid']);
    this.note('login', at, session, sentMs, answer, { given: labelOf(refreshToken) });
    return { session, accessToken, refreshToken };
  }

  private async use({ session, accessToken }: Held, at: Where): Promise<void> {
    const sentMs = performance.now();
    const path = at === 'verifier' ? '/orders' : '/me';
    const answer = await this.send(at, 'GET', path, undefined, bearer(accessToken).headers);
    this.note('use', at, session, sentMs, answer);
  }

  /** Refreshes like a good client: retries with one key until an answer tells the outcome. */
  private async refresh(held: Held, key: string = randomUUID()): Promise<boolean> {
    const { refreshToken, session } = held;
    const presented = labelOf(refreshToken);
    for (const from = performance.now(); performance.now() - from < GIVE_UP_AFTER_MS;) {
      const at = oneOf(ISSUING);
      const sentMs = performance.now();
      const answer = await this.send(
        at,
        'POST',
        '/auth/refresh',
        { refreshToken },
        { 'idempotency-key': key },
      );
      const next = answer?.status === 200 ? tokensOf(answer) : undefined;
      const given = next && labelOf(next.refreshToken);
      this.note('refresh', at, session, sentMs, answer, { presented, key: labelOf(key), given });
      if (next) {
        Object.assign(held, next);
        return true;
      }
      if (answer && answer.status !== 503) return false;
      await delay(50);
    }
    return false;
  }

  /** Simulates a thief beside the owner: the same token with two keys at once. */
  private async useTwice(held: Held): Promise<void> {
    await Promise.all([this.refresh({ ...held }), this.refresh({ ...held })]);
    await this.askPastTheBound(held);
  }

  private async logOut(held: Held): Promise<void> {
    const at = oneOf(ISSUING);
    const sentMs = performance.now();
    const { headers } = bearer(held.accessToken);
    this.note(
      'logout',
      at,
      held.session,
      sentMs,
      await this.send(at, 'POST', '/auth/logout', {}, headers),
    );
    await this.use(held, at);
    await this.askPastTheBound(held);
    if (randomInt(2) === 0) await this.refresh(held);
  }

  /** Uses the ended session at every process, even if some are slow, and remembers it for later uses. */
  private async askPastTheBound(held: Held): Promise<void> {
    const ask = async (waitMs: number) => {
      await delay(waitMs);
      await Promise.all(ALL.map((where) => this.use(held, where)));
    };
    await Promise.all([200, 700, 1_200, 1_700].map(ask));
    this.ended.push(held);
    if (this.ended.length > REMEMBERED) this.ended.shift();
  }

  private send(
    at: Where,
    method: string,
    path: string,
    json: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer | undefined> {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    return httpClient(this.cluster.url(at))
      .request(method, path, { json, headers, signal, cookies: 'omit' })
      .catch(() => undefined);
  }

  private note(
    kind: Operation['kind'],
    at: Where,
    session: string,
    sentMs: number,
    answer: HttpAnswer | undefined,
    more: Pick<Operation, 'presented' | 'key' | 'given'> = {},
  ): void {
    const answeredMs = performance.now();
    this.history.push({
      kind,
      at,
      session,
      sentMs,
      answeredMs,
      status: answer?.status ?? 0,
      ...more,
    });
  }
}

function tokensOf(answer: HttpAnswer): Pick<Held, 'accessToken' | 'refreshToken'> {
  const { accessToken, refreshToken } = answer.json<Held>();
  return { accessToken, refreshToken };
}
