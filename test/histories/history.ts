/** One request of a history, as its client saw it. Labels distinguish tokens and sessions and have no other meaning. */
export interface Operation {
  readonly kind: 'login' | 'refresh' | 'use' | 'logout';
  /** The process that got the request. */
  readonly at: string;
  readonly session: string;
  /** Milliseconds on the client's clock: just before it was sent, and when it was answered or abandoned. */
  readonly sentMs: number;
  readonly answeredMs: number;
  /** 0: no answer. */
  readonly status: number;
  /** The presented refresh token, and the `Idempotency-Key` of the request. */
  readonly presented?: string;
  readonly key?: string;
  /** The refresh token in the answer. */
  readonly given?: string;
}

/** What was done to the cluster meanwhile, as context for a violation. */
export interface Trouble {
  readonly kind: 'trouble';
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export type Entry = Operation | Trouble;

export interface Violation {
  readonly rule: 'accepted too late' | 'two successors' | 'lost' | 'odd answer';
  readonly session: string;
  readonly text: string;
}
