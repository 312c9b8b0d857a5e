import { Alarm } from './alarm.js';
import { type Change, isEnd } from './change.js';
import { type ClientEvents, Emitter } from './events.js';

export interface Token {
  /** Undefined where the browser alone holds it (`cookie`). */
  readonly value?: string | undefined;
  /** By this machine's clock. */
  readonly expiresAt: number;
}

interface AuthStateOptions {
  readonly needsToken: boolean;
  readonly refreshAheadMs: number;
  readonly refresh: () => Promise<'done' | 'again'>;
}

/** Who this tab takes itself for, and the access token, in memory alone. Changes come in through `apply`, whoever made them. */
export class AuthState {
  is: 'unknown' | 'in' | 'out' | 'closed' = 'unknown';
  token: Token | undefined;
  readonly emitter = new Emitter();
  /** Whether a session without a token at hand is no use here (`hybrid`, `bearer`). */
  readonly needsToken: boolean;
  private readonly refreshAheadMs: number;
  private readonly alarm: Alarm;

  constructor({ needsToken, refreshAheadMs, refresh }: AuthStateOptions) {
    this.needsToken = needsToken;
    this.refreshAheadMs = refreshAheadMs;
    this.alarm = new Alarm(refresh);
  }

  apply(change: Change): void {
    if (this.is === 'closed') return;
    if (isEnd(change)) return this.leave(change.kind as ClientEvents['signedOut']['reason']);
    this.hold({ value: change.accessToken, expiresAt: change.expiresAt ?? 0 });
    this.emitter.emit(change.kind as 'refreshed' | 'signedIn', undefined);
  }

  hold(token: Token): void {
    this.is = 'in';
    this.token = this.needsToken && token.value === undefined ? undefined : token;
    if (this.token && this.refreshAheadMs) this.alarm.set(token.expiresAt, this.refreshAheadMs);
  }

  close(): void {
    this.is = 'closed';
    this.alarm.stop();
  }

  /** One signal a sign-out, however many requests were refused; none to a visitor who never was in. */
  private leave(reason: ClientEvents['signedOut']['reason']): void {
    const was = this.is;
    this.alarm.stop();
    this.token = undefined;
    this.is = 'out';
    if (was === 'in' || (was === 'unknown' && reason === 'logout'))
      this.emitter.emit('signedOut', { reason });
  }
}
