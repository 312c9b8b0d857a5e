import { networkOf } from '../common/address.js';
import type { AuthAlert } from './auth-alert.js';

const WINDOW_MS = 60_000;
const MAX_WINDOWS = 10_000;

interface Window {
  readonly timer: NodeJS.Timeout;
  held?: AuthAlert;
  count: number;
}

/**
 * Limits alerts to one a minute for each kind, and account or address: the first at once, and those that follow
 * within the minute as one at its end, which is the latest, with their count. Beyond 10,000 accounts and addresses at
 * a time, one for each kind.
 */
export class AlertFloods {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly deliver: (alert: AuthAlert) => void) {}

  raise(alert: AuthAlert): void {
    const name = nameOf(alert);
    const isFull = this.#windows.size >= MAX_WINDOWS && !this.#windows.has(name);
    const key = isFull ? alert.type : name;
    const window = this.#windows.get(key);
    if (window) {
      window.held = alert;
      window.count++;
    } else {
      this.#open(key);
      this.deliver(alert);
    }
  }

  /** Sends the held alerts now. */
  flush(): void {
    for (const { timer, held, count } of this.#windows.values()) {
      clearTimeout(timer);
      if (held) this.deliver({ ...held, count });
    }
    this.#windows.clear();
  }

  #open(key: string): void {
    const timer = setTimeout(() => {
      const { held, count } = this.#windows.get(key) ?? { count: 0 };
      this.#windows.delete(key);
      if (!held) return;
      this.#open(key);
      this.deliver({ ...held, count });
    }, WINDOW_MS).unref();
    this.#windows.set(key, { timer, count: 0 });
  }
}

function nameOf(alert: AuthAlert): string {
  const { type, userId, ip, keyId } = alert as AuthAlert &
    Partial<Record<'userId' | 'ip' | 'keyId', string>>;
  return JSON.stringify([type, userId ?? keyId ?? networkOf(ip)]);
}
