import { alarmOf } from './alarm.js';
import type { Change } from './change.js';
import { type ClientEvents, emitter, type Emitter } from './events.js';

export interface Token {
  /** Undefined if only the browser holds it (`cookie`). */
  readonly value?: string | undefined;
  /** By this machine's clock. */
  readonly expiresAt: number;
}

/**
 * Who is signed in in this tab, and the access token, in memory only. Every change comes in through `applyChange`,
 * from this tab or another.
 */
export interface AuthState extends Emitter {
  is: 'unknown' | 'in' | 'out';
  token: Token | undefined;
  /**
   * Goes up when a person signs out or another one signs in: a request that one person began must not be sent with the
   * tokens of the next.
   */
  person: number;
  /** Whether a session is useless here without an access token (`hybrid`, `bearer`). */
  readonly needsToken: boolean;
  applyChange(change: Change): void;
  hold(token: Token): void;
  /** Marks the state of this tab as out of date. */
  forget(): void;
}

export function authState(
  needsToken: boolean,
  refreshAheadMs: number,
  refresh: () => Promise<boolean>,
): AuthState {
  const alarm = alarmOf(refresh);

  /** One signal for each sign-out, however many requests were refused. A visitor who was never signed in gets none. */
  function leave(reason: ClientEvents['signedOut']['reason']): void {
    const was = state.is;
    state.forget();
    state.is = 'out';
    if (was === 'in' || (was === 'unknown' && reason === 'logout'))
      state.emitEvent('signedOut', { reason });
  }

  const state: AuthState = {
    is: 'unknown',
    token: undefined,
    person: 0,
    needsToken,
    ...emitter(),
    applyChange(change) {
      const { kind, accessToken, expiresAt = 0 } = change;
      if (state.is === 'in' && kind !== 'refreshed') state.person++;
      if (kind === 'logout' || kind === 'refused') return leave(kind);
      state.hold({ value: accessToken, expiresAt });
      state.emitEvent(kind);
    },
    hold(token) {
      state.is = 'in';
      state.token = needsToken && token.value === undefined ? undefined : token;
      if (state.token && refreshAheadMs) alarm.set(token.expiresAt, refreshAheadMs);
    },
    forget() {
      alarm.silence();
      state.token = undefined;
    },
  };
  return state;
}
