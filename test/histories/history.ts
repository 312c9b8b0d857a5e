/** One request of a history, as its client saw it. Tokens and sessions are named by labels that tell them apart and nothing else. */
export interface Operation {
  readonly kind: 'login' | 'refresh' | 'use' | 'logout';
  /** Who was asked. */
  readonly at: string;
  readonly session: string;
  /** Milliseconds on the client's clock: just before it was sent, and when its answer was there or given up. */
  readonly sentMs: number;
  readonly answeredMs: number;
  /** 0: no answer came. */
  readonly status: number;
  /** The refresh token that was presented, and the `Idempotency-Key` that came along. */
  readonly presented?: string;
  readonly key?: string;
  /** The refresh token that the answer brought. */
  readonly given?: string;
}

/** What was done to the cluster meanwhile: for whoever reads a violation. */
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
